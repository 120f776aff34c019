using Gateway.Oci;

namespace Gateway.Tests.Oci;

/// <summary>Docker's normal form; the cases of distribution/reference v0.6 (reference_test.go, normalize_test.go) are all here.</summary>
public sealed class ImageReferenceTests
{
    private const string F64 = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    private const string HexName = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";

    [Theory]
    [InlineData("alpine", "docker.io", "library/alpine", "latest")]
    [InlineData("alpine:3.20", "docker.io", "library/alpine", "3.20")]
    [InlineData("library/alpine", "docker.io", "library/alpine", "latest")]
    [InlineData("docker.io/alpine", "docker.io", "library/alpine", "latest")]
    [InlineData("docker.io/library/alpine", "docker.io", "library/alpine", "latest")]
    [InlineData("index.docker.io/alpine", "docker.io", "library/alpine", "latest")]
    [InlineData("index.docker.io/library/alpine:1", "docker.io", "library/alpine", "1")]
    [InlineData("index.docker.io/acme/app", "docker.io", "acme/app", "latest")]
    [InlineData("registry-1.docker.io/library/alpine", "registry-1.docker.io", "library/alpine", "latest")]
    [InlineData("acme/app", "docker.io", "acme/app", "latest")]
    [InlineData("store/foo/bar", "docker.io", "store/foo/bar", "latest")]
    [InlineData("docker.io", "docker.io", "library/docker.io", "latest")]
    [InlineData("localhost", "docker.io", "library/localhost", "latest")]
    [InlineData("localhost:5000", "docker.io", "library/localhost", "5000")]
    [InlineData("localhost/x", "localhost", "x", "latest")]
    [InlineData("localhost/library/debian", "localhost", "library/debian", "latest")]
    [InlineData("localhost:5000/x", "localhost:5000", "x", "latest")]
    [InlineData("LOCALHOST/x", "LOCALHOST", "x", "latest")]
    [InlineData("LocalHost:5000/x:Tag", "LocalHost:5000", "x", "Tag")]
    [InlineData("LOCALDOMAIN/fooo/bar", "LOCALDOMAIN", "fooo/bar", "latest")]
    [InlineData("Foo/bar", "Foo", "bar", "latest")]
    [InlineData("DOCKER/docker", "DOCKER", "docker", "latest")]
    [InlineData("Docker.IO/alpine", "Docker.IO", "alpine", "latest")]
    [InlineData("Uppercase/lowercase:tag", "Uppercase", "lowercase", "tag")]
    [InlineData("lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase")]
    [InlineData("test_com", "docker.io", "library/test_com", "latest")]
    [InlineData("test.com:tag", "docker.io", "library/test.com", "tag")]
    [InlineData("test.com:5000", "docker.io", "library/test.com", "5000")]
    [InlineData("test.com/repo:tag", "test.com", "repo", "tag")]
    [InlineData("test:5000/repo", "test:5000", "repo", "latest")]
    [InlineData("test:5000/repo:tag", "test:5000", "repo", "tag")]
    [InlineData("sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag")]
    [InlineData("b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app", "test.example.com")]
    [InlineData("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com")]
    [InlineData("foo_bar.com:8080", "docker.io", "library/foo_bar.com", "8080")]
    [InlineData("foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080")]
    [InlineData("ubuntu-12.04-base", "docker.io", "library/ubuntu-12.04-base", "latest")]
    [InlineData("192.168.1.1", "docker.io", "library/192.168.1.1", "latest")]
    [InlineData("192.168.1.1:tag", "docker.io", "library/192.168.1.1", "tag")]
    [InlineData("192.168.1.1/repo", "192.168.1.1", "repo", "latest")]
    [InlineData("192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050")]
    [InlineData("127.0.0.1:5000/docker/docker", "127.0.0.1:5000", "docker/docker", "latest")]
    [InlineData("[::1]:5000/x", "[::1]:5000", "x", "latest")]
    [InlineData("[::1]/x", "[::1]", "x", "latest")]
    [InlineData("[::]/x", "[::]", "x", "latest")]
    [InlineData("[2001:db8::1]/repo", "[2001:db8::1]", "repo", "latest")]
    [InlineData("[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag")]
    [InlineData("[2001:DB8::1]:5000/repo:tag", "[2001:DB8::1]:5000", "repo", "tag")]
    [InlineData("[2001:db8::]:5000/repo", "[2001:db8::]:5000", "repo", "latest")]
    [InlineData("[fc00:1:2:3:4:5:6:7]:5000/library/debian", "[fc00:1:2:3:4:5:6:7]:5000", "library/debian", "latest")]
    [InlineData("host:1/x", "host:1", "x", "latest")]
    [InlineData("host:65535/x", "host:65535", "x", "latest")]
    [InlineData("host:00080/x", "host:00080", "x", "latest")]
    [InlineData("docker-rules/docker", "docker.io", "docker-rules/docker", "latest")]
    [InlineData("docker---rules/docker", "docker.io", "docker---rules/docker", "latest")]
    [InlineData("dock__er/docker", "docker.io", "dock__er/docker", "latest")]
    [InlineData("d/docker", "docker.io", "d/docker", "latest")]
    [InlineData("acme/a.b_c__d-e--f", "docker.io", "acme/a.b_c__d-e--f", "latest")]
    [InlineData("x:_", "docker.io", "library/x", "_")]
    [InlineData("x:_.-", "docker.io", "library/x", "_.-")]
    [InlineData("thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev", "docker.io",
        "library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev", "latest")]
    [InlineData("docker.io/" + HexName, "docker.io", "library/" + HexName, "latest")]
    [InlineData("library/" + HexName, "docker.io", "library/" + HexName, "latest")]
    [InlineData(HexName + ":tag", "docker.io", "library/" + HexName, "tag")]
    [InlineData(HexName + "a", "docker.io", "library/" + HexName + "a", "latest")]
    public void A_name_is_brought_into_dockers_normal_form(string text, string domain, string path, string tag)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal((domain, path, tag), (reference.Domain, reference.Path, reference.Tag));
        Assert.Null(reference.Digest);
        Assert.Equal($"{domain}/{path}:{tag}", reference.Name);
        Assert.Equal(tag, reference.Object);
        Assert.Equal(reference, ImageReference.Parse(reference.Name));
    }

    [Theory]
    [InlineData("alpine@sha256:" + F64, "docker.io/library/alpine@sha256:" + F64, null)]
    [InlineData("alpine:3.20@sha256:" + F64, "docker.io/library/alpine:3.20@sha256:" + F64, "3.20")]
    [InlineData("test:5000/repo@sha256:" + F64, "test:5000/repo@sha256:" + F64, null)]
    [InlineData("test:5000/repo:tag@sha256:" + F64, "test:5000/repo:tag@sha256:" + F64, "tag")]
    [InlineData("[2001:db8::1]:5000/repo:tag@sha256:" + F64, "[2001:db8::1]:5000/repo:tag@sha256:" + F64, "tag")]
    [InlineData("validname@sha512:" + F64 + F64, "docker.io/library/validname@sha512:" + F64 + F64, null)]
    public void A_digest_decides_and_the_tag_stays_in_the_name(string text, string name, string? tag)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal(name, reference.Name);
        Assert.Equal(tag, reference.Tag);
        Assert.Equal(reference.Digest.ToString(), reference.Object);
        Assert.Equal(name, ImageReference.Parse(name).ToString());
    }

    [Fact]
    public void Lengths_are_taken_up_to_their_limit_and_no_further()
    {
        var longest = "host.io/" + new string('a', 247);
        Assert.Equal(255, longest.Length);
        Assert.True(ImageReference.IsValid(longest));
        Assert.False(ImageReference.IsValid(longest + "a"));
        Assert.True(ImageReference.IsValid("x:" + new string('t', 128)));
        Assert.False(ImageReference.IsValid("x:" + new string('t', 129)));

        var whole = $"{longest}:{new string('t', 128)}@sha512:{F64}{F64}";
        Assert.True(ImageReference.IsValid(whole));
        Assert.Equal(ImageReference.MaxLength, whole.Length);
    }

    [Fact]
    public void The_length_of_the_normal_form_counts_and_not_that_of_the_text()
    {
        var longest = new string('a', 255 - "docker.io/library/".Length);

        Assert.True(ImageReference.IsValid(longest));
        Assert.False(ImageReference.IsValid(longest + "a"));
        Assert.True(ImageReference.IsValid("index.docker.io/library/" + longest));
    }
}
