using Gateway.Http;
using Gateway.Images.Push;
using Gateway.Oci;

namespace Gateway.Tests.Images;

public sealed class PushPlanTests
{
    private static readonly Digest Pushed = Digest.Of("pushed"u8);

    [Fact]
    public void Target_with_a_tag_fits_anything() => PushPlan.RequireFits(ImageReference.Parse("reg.test/acme/app:1"), Pushed);

    [Fact]
    public void Target_with_the_pushed_digest_fits() => PushPlan.RequireFits(ImageReference.Parse($"reg.test/acme/app:1@{Pushed}"), Pushed);

    [Fact]
    public void Target_with_another_digest_names_the_field()
    {
        var fault = Assert.Throws<ProblemException>(() => PushPlan.RequireFits(ImageReference.Parse($"reg.test/acme/app@{Digest.Of("other"u8)}"), Pushed));
        Assert.Equal(ProblemKinds.InvalidRequest, fault.Kind);
        Assert.Contains("target", fault.Errors!.Keys);
    }
}
