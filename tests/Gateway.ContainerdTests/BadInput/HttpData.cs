namespace Gateway.ContainerdTests.BadInput;

/// <summary>Methods and targets that lead nowhere, and those that must not lead around a rule.</summary>
internal static class HttpData
{
    private static readonly string[] Methods = ["OPTIONS", "TRACE", "FOO", "PROPFIND", "PURGE", "PATCHED"];

    private static readonly string[] Routes = ["/v1/node", "{ns}/images/a/manifest", "/v1/jobs/x", "{ns}/leases", "/healthz/live", "/problems/not_found"];

    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            foreach (var method in Methods)
            {
                cases.Paths(method, "405 method_not_allowed", Routes);
            }

            // Without a problem: the server itself cannot make a request of these.
            cases.Paths("GET", "400", "/v1/namespaces/a%00", "{ns}/images/%00", "/v1/node%00", "v1/node", "/v1/é").Paths("GET", "414", $"/v1/{new string('a', 9000)}", $"/v1/node?{new string('a', 9000)}");
            return cases.Paths("HEAD", "405", "/v1/node", "/v1/jobs").Paths("DELETE", "405 method_not_allowed", "/v1/node", "/v1/jobs", "/v1/namespaces", "{ns}/leases").Paths("PUT", "405 method_not_allowed", "{ns}", "/v1/webhooks/x")
                .Paths("GET", "404 not_found", "/", "/v1", "/v2/", "/v1/nothing", "//v1/node", "/v1//node", "/v1/node/x", "/v1%2Fnode", "/v1\\node", "/v1/node%20", "/v1/n\u007fode", "/v1/node;x", "/v1/node%3Fx", "/metrics", "/METRICS", "/Metrics", "/metrics/", "/%6Detrics", "/%4DETRICS", "/v1/../metrics", "/./MeTrIcS",
                    "/appsettings.json", "/jobs.db", "/swagger/..%2Fappsettings.json", "/swagger/%2e%2e/appsettings.json", "/openapi/v2.json", "/openapi/..%2Fv1.json", "/problems/", "/problems/absent", "/problems/NOT_FOUND", "/problems/%3Cscript%3E", "/healthz", "/healthz/x", "/debug/pprof", "/.well-known/x", "/favicon.ico");
        }
    }
}
