using Gateway.Auth;
using Gateway.Http;
using Gateway.Tests.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Auth;

/// <summary>Who somebody is at this moment, after the configuration or the store has changed.</summary>
public sealed class CurrentAuthTests : IDisposable
{
    private const string Sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ConfigurationManager configuration = new();

    public void Dispose()
    {
        configuration.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Subject_of_a_key_is_what_its_key_is_now()
    {
        Set(("Auth:ApiKeys:0:Id", "ci"), ("Auth:ApiKeys:0:Sha256", Sha256), ("Auth:ApiKeys:0:Grants:0:Permissions:0", "jobs:read"), ("Auth:ApiKeys:0:Grants:0:Namespaces:0", "team-a"));
        var store = AccessStore.Open(folder.File("access.json"));
        var made = new StoredKey("made", "made", [KeySecret.FromHex(Sha256)], time.GetUtcNow().AddHours(1), [new Grant(["jobs:read"], ["team-b"])], "key:ci", time.GetUtcNow(), LastUsedAt: null);
        store.Change(state => state.With([made]));
        using var auth = Open();
        using var use = new KeyUse(store, time, NullLogger<KeyUse>.Instance);
        var keys = new ApiKeys(auth, store, use, BootstrapKey.Load(new AuthOptions(), new string('b', 43), takesCertificates: false, "", _ => { }), time);

        Assert.True(keys.CallerOf("key:ci")!.May("jobs:read", "team-a"));
        Assert.True(keys.CallerOf("key:made")!.May("jobs:read", "team-b"));
        Assert.True(keys.CallerOf("key:bootstrap")!.May("jobs:read", Grant.Everywhere));
        Assert.Empty(keys.CallerOf("key:nobody")!.Grants);
        Assert.Null(keys.CallerOf("corp:alice"));
        Assert.Null(keys.CallerOf("cert:spiffe://example.org/ci"));

        store.Change(state => state.With(new StoredGrant("g", "key:ci", null, new Grant(["jobs:read"], ["team-c"]), "key:bootstrap", time.GetUtcNow())));
        Assert.True(keys.CallerOf("key:ci")!.May("jobs:read", "team-c"));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(keys.CallerOf("key:made")!.Grants);
        Set(("Auth:ApiKeys:0:Id", "other"));
        Assert.Empty(keys.CallerOf("key:ci")!.Grants);
    }

    [Fact]
    public void Grants_of_certificates_follow_and_what_is_not_right_changes_nothing()
    {
        Set(
            ("Urls", "https://127.0.0.1:8443"), ("Auth:ClientCertificates:Thumbprints:0", Sha256), ("Auth:ClientCertificates:Grants:0:Subject", "sha256:" + Sha256),
            ("Auth:ClientCertificates:Grants:0:Permissions:0", "jobs:read"), ("Auth:ClientCertificates:Grants:0:Namespaces:0", "team-a"));
        using var auth = Open();
        Assert.Equal(["team-a"], Assert.Single(auth.CertificateGrants).Namespaces);
        Set(("Auth:ClientCertificates:Grants:0:Namespaces:0", "team-b"));
        Assert.Equal(["team-b"], Assert.Single(auth.CertificateGrants).Namespaces);
        Set(("Auth:ClientCertificates:Grants:0:Namespaces:0", "team-c"), ("Auth:ClientCertificates:Grants:0:Permissions:0", "jobs:fly"));
        Assert.Equal(["team-b"], Assert.Single(auth.CertificateGrants).Namespaces);
    }

    private CurrentAuth Open() => new(
        configuration, new ConfigurationFaults(), Options.Create(Of<AuthOptions>(AuthOptions.Section)), Options.Create(Of<ClientCertificateOptions>(ClientCertificateOptions.Section)),
        new AuthOptionsValidator(), new ClientCertificateOptionsValidator(Listeners.From(configuration)), NullLogger<CurrentAuth>.Instance);

    private T Of<T>(string section)
        where T : new() => configuration.GetSection(section).Get<T>() ?? new T();

    private void Set(params (string Key, string Value)[] settings)
    {
        foreach (var (key, value) in settings)
        {
            configuration[key] = value;
        }

        ((IConfigurationRoot)configuration).Reload();
    }
}
