namespace Gateway.Tests.Architecture;

/// <summary>Who may import what. The second half proves that the rules catch what they are for.</summary>
public sealed class ImportTests
{
    [Fact]
    public void No_source_imports_what_it_may_not() => Assert.Empty(ImportRules.Check(SourceTree.Sources));

    [Fact]
    public void No_folders_import_each_other_in_a_circle() => Assert.Empty(ImportRules.Circles(SourceTree.Sources));

    [Fact]
    public void No_project_refers_to_what_it_may_not() =>
        Assert.Empty(SourceTree.Projects.SelectMany(project => ImportRules.CheckProject(project.Key, project.Value)));

    [Fact]
    public void The_sources_are_found()
    {
        Assert.Equal(["Gateway", "Gateway.Containerd", "Gateway.Oci"], SourceTree.Projects.Keys.Select(path => path.Split('/')[1]).Order(StringComparer.Ordinal));
        Assert.Contains(SourceTree.Sources, file => file is { Project: "Gateway.Oci", Room: "" });
        Assert.Contains(SourceTree.Sources, file => file is { Project: "Gateway", Room: "Http" });
    }

    [Theory]
    [InlineData("src/Gateway.Oci/X.cs", "using Microsoft.AspNetCore.Http;")]
    [InlineData("src/Gateway.Oci/X.cs", "using Grpc.Core;")]
    [InlineData("src/Gateway.Oci/X.cs", "using Google.Protobuf;")]
    [InlineData("src/Gateway.Oci/Registry/X.cs", "using Gateway.Containerd;")]
    [InlineData("src/Gateway.Oci/Registry/X.cs", "var x = new Gateway.Containerd.ContainerdClient();")]
    [InlineData("src/Gateway.Containerd/X.cs", "using Microsoft.AspNetCore.Builder;")]
    [InlineData("src/Gateway.Containerd/X.cs", "using Gateway.Oci;")]
    [InlineData("src/Failpoint.cs", "using Grpc.Core;")]
    [InlineData("src/Gateway.Containerd/X.cs", "Gateway.Oci.Digest digest;")]
    [InlineData("src/Gateway/Images/X.cs", "using Gateway.Node;")]
    [InlineData("src/Gateway/Images/Pull/X.cs", "using Gateway.Node;")]
    [InlineData("src/Gateway/Node/X.cs", "using Gateway.Images.Pull;")]
    [InlineData("src/Gateway/Node/X.cs", "using static Gateway.Images.PullRequest;")]
    [InlineData("src/Gateway/Node/X.cs", "using P = Gateway.Images.PullRequest;")]
    [InlineData("src/Gateway/Node/X.cs", "global using Gateway.Images;")]
    [InlineData("src/Gateway/Node/X.cs", "var x = new global::Gateway.Images.PullRequest();")]
    [InlineData("src/Gateway/Node/X.cs", "var x = new Images.PullRequest();")]
    [InlineData("src/Gateway/Jobs/X.cs", "using Gateway.Images;")]
    [InlineData("src/Gateway/Jobs/X.cs", "using Gateway.Telemetry;")]
    [InlineData("src/Gateway/Http/X.cs", "using Gateway.Auth;")]
    [InlineData("src/Gateway/Http/X.cs", "using Gateway.Jobs;")]
    [InlineData("src/Gateway/Http/X.cs", "using Gateway.Images;")]
    [InlineData("src/Gateway/Auth/X.cs", "using Gateway.Jobs;")]
    [InlineData("src/Gateway/Telemetry/X.cs", "using Gateway.Http;")]
    [InlineData("src/Gateway/Images/X.cs", "Images.ImagesClient client;")]
    [InlineData("src/Gateway/Images/X.cs", "using C = Gateway.Containerd.Services.Content.Content.ContentClient;")]
    [InlineData("src/Gateway.Oci/X.cs", "Snapshots.SnapshotsClient client;")]
    [InlineData("src/Gateway/Auth/X.cs", "namespace Gateway.Http;")]
    [InlineData("src/Gateway/X.cs", "namespace Gateway.Http;")]
    public void An_offence_is_caught_with_its_file_and_line(string path, string code)
    {
        var offence = Assert.Single(ImportRules.Check([.. Rooms(), new SourceFile(path, $"// first\n{code}\n")]));

        Assert.Equal(path, offence.Path);
        Assert.StartsWith($"{path}:{(code.StartsWith("namespace", StringComparison.Ordinal) ? 1 : 2)}: ", offence.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("src/Gateway.Oci/Registry/X.cs", "using Gateway.Oci;")]
    [InlineData("src/Gateway.Oci/X.cs", "using GrpcLike.Core;")]
    [InlineData("src/Gateway.Containerd/X.cs", "using Grpc.Core;")]
    [InlineData("src/Gateway.Containerd/X.cs", "Images.ImagesClient client;")]
    [InlineData("src/Gateway/X.cs", "using Gateway.Images;")]
    [InlineData("src/Gateway/Images/X.cs", "using Gateway.Http;")]
    [InlineData("src/Gateway/Images/X.cs", "using Gateway.Jobs;")]
    [InlineData("src/Gateway/Images/X.cs", "using Gateway.Oci.Registry;")]
    [InlineData("src/Gateway/Images/X.cs", "using Gateway.Containerd.Services.Images;")]
    [InlineData("src/Gateway/Images/Pull/X.cs", "using Gateway.Images;")]
    [InlineData("src/Gateway/Images/X.cs", "using Gateway.Images.Pull;")]
    [InlineData("src/Gateway/Jobs/X.cs", "using Gateway.Auth;")]
    [InlineData("src/Gateway/Auth/X.cs", "using Gateway.Http;")]
    [InlineData("src/Gateway/Http/X.cs", "using Gateway.Oci;")]
    [InlineData("src/Gateway/Http/X.cs", "// using Gateway.Images;")]
    [InlineData("src/Gateway/Http/X.cs", "/// <see cref=\"Gateway.Images.PullRequest\"/>")]
    [InlineData("src/Gateway/Http/X.cs", "var name = \"Gateway.Images\";")]
    [InlineData("src/Gateway/Node/X.cs", "await client.Images.ListAsync(new());")]
    [InlineData("src/Gateway/Node/X.cs", "Images.Count();")]
    [InlineData("src/Gateway/Node/X.cs", "namespace Gateway.Node;")]
    [InlineData("src/Gateway/Images/Pull/X.cs", "namespace Gateway.Images.Pull;")]
    public void What_is_allowed_is_no_offence(string path, string code) =>
        Assert.Empty(ImportRules.Check([.. Rooms(), new SourceFile(path, code)]));

    [Fact]
    public void A_circle_is_caught_however_long()
    {
        var chain = new[] { File("A", "B"), File("B", "C"), File("C", "D") };

        Assert.Empty(ImportRules.Circles([.. chain, File("D", "D")]));
        Assert.Contains("Gateway/A → Gateway/B → Gateway/C → Gateway/D → Gateway/A", ImportRules.Circles([.. chain, File("D", "A")]));

        static SourceFile File(string room, string imported) => new($"src/Gateway/{room}/X.cs", $"using Gateway.{imported};");
    }

    [Theory]
    [InlineData("Gateway.Oci", """<Project Sdk="Microsoft.NET.Sdk.Web" />""")]
    [InlineData("Gateway.Oci", """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Grpc.Net.Client" /></ItemGroup></Project>""")]
    [InlineData("Gateway.Oci", """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Google.Protobuf" /></ItemGroup></Project>""")]
    [InlineData("Gateway.Oci", """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><ProjectReference Include="../Gateway.Containerd/Gateway.Containerd.csproj" /></ItemGroup></Project>""")]
    [InlineData("Gateway.Containerd", """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><FrameworkReference Include="Microsoft.AspNetCore.App" /></ItemGroup></Project>""")]
    [InlineData("Gateway.Containerd", """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><ProjectReference Include="../Gateway.Oci/Gateway.Oci.csproj" /></ItemGroup></Project>""")]
    public void A_reference_that_may_not_be_is_caught(string project, string xml) =>
        Assert.Single(ImportRules.CheckProject($"src/{project}/{project}.csproj", xml));

    private static SourceFile[] Rooms() =>
    [
        new("src/Gateway/Images/PullRequest.cs", "namespace Gateway.Images;\ninternal sealed record PullRequest;\n"),
        new("src/Gateway/Images/Pull/PullJob.cs", "namespace Gateway.Images.Pull;\ninternal sealed class PullJob;\n"),
        new("src/Gateway/Node/GetNode.cs", "namespace Gateway.Node;\ninternal static class GetNode;\n"),
        new("src/Gateway/Http/Problem.cs", "namespace Gateway.Http;\ninternal sealed record Problem;\n"),
        new("src/Gateway/Auth/Caller.cs", "namespace Gateway.Auth;\ninternal sealed record Caller;\n"),
        new("src/Gateway/Jobs/JobStart.cs", "namespace Gateway.Jobs;\ninternal sealed record JobStart;\n"),
        new("src/Gateway/Telemetry/Meters.cs", "namespace Gateway.Telemetry;\ninternal static class Meters;\n"),
    ];
}
