namespace Gateway.ContainerdTests.BadInput;

/// <summary>Jobs that are not there, and ways of asking for one that is; <c>{job}</c> has ended.</summary>
public static class JobData
{
    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            foreach (var id in new[] { "absent", "..%2Fjobs", "%2e%2e%2fjobs", "%0A", "%C3%A9", "'%20OR%201=1%20--", "%25", new string('0', 25), new string('0', 26), new string('0', 27), new string('O', 26), "01ARZ3NDEKTSV4RRFFQ69G5FAV", "%EF%BC%90", new string('j', 4000) }.Select(id => $"/v1/jobs/{id}"))
            {
                cases.Paths("GET", "404 not_found", id, $"{id}/events", $"{id}?wait=60s").Paths("DELETE", "404 not_found", id).Paths("POST", "404 not_found", $"{id}/cancel");
            }

            return cases
                .Paths("GET", "400 invalid_request wait", [.. new[] { "", "0", "1", "-1s", "61s", "2m", "60001ms", "1.5s", "1S", "1h", "%D9%A3s", "%201s", "1s%0A", "99999999999s", "1s&wait=1s" }.Select(wait => $"/v1/jobs/{{job}}?wait={wait}")])
                .Paths("GET", "400 invalid_request state", [.. new[] { "done", "FAILED", "0", "failed%20", "failed%00", "failed&state=queued" }.Select(state => $"/v1/jobs?state={state}")])
                .Paths("GET", "400 invalid_request kind", $"/v1/jobs?kind={new string('k', 129)}", "/v1/jobs?kind=a&kind=b").Paths("GET", "400 invalid_request namespace", $"/v1/jobs?namespace={new string('n', 129)}", "/v1/jobs?namespace=a&namespace=b");
        }
    }

    /// <summary>Method, path, headers, body, answer.</summary>
    public static TheoryData<string, string, string, string?, string> WithHeaders
    {
        get
        {
            var cases = new TheoryData<string, string, string, string?, string>();
            foreach (var accept in new[] { "application/json", "x/y", "*/*;q=0", "text/event-stream;q=0", "text/html, application/xml", "image/*" })
            {
                cases.Add("GET", "/v1/jobs/{job}/events", $"Accept: {accept}", null, "406 not_acceptable");
                cases.Add("GET", "{ns}/snapshotters/overlayfs/snapshots/active/files", $"Accept: {accept.Replace("application/json", "text/json", StringComparison.Ordinal)}", null, "406 not_acceptable");
            }

            foreach (var tag in new[] { "x", "\"x\"", "W/\"1-1\"", "\"", "" })
            {
                cases.Add("DELETE", "/v1/jobs/{job}", $"If-Match: {tag}", null, "412 precondition_failed");
            }

            // What no stream ever gave out resumes nothing: the end is told, and the stream closes.
            foreach (var id in new[] { "", "x", "-1", "1", "1-1-1", "99999999999999999999-1", "1-99999999999999999999", "\"1-1\"", "1-1, 1-2", new string('1', 5000) })
            {
                cases.Add("GET", "/v1/jobs/{job}/events", $"Last-Event-ID: {id}", null, "200");
            }

            return cases;
        }
    }
}
