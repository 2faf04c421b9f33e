using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.SignIn;

namespace Purser.Protocol.Tests.SignIn;

/// <summary>The three objects of signing in on the wire (specs/signin-checklist.md A1, C1, C2, C5).</summary>
public sealed class SignInWireTests
{
    private static readonly Address s_account = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    [Fact]
    public void What_is_written_is_read_again()
    {
        var challenge = new SignInChallenge("a\nb", "12345678");
        SignInChallenge.Read(Shape(challenge.Write)).ShouldBe(challenge);
        var verification = new SignInVerification(s_account, new byte[] { 1, 2, 3 }, "12345678", "text");
        var read = SignInVerification.Read(Shape(verification.Write));
        (read.Address, Convert.ToHexString(read.Signature.Span), read.Nonce, read.Message).ShouldBe((s_account, "010203", "12345678", "text"));
        var grant = new SignInGrant("token", "session", 1_711_382_400, s_account);
        SignInGrant.Read(Shape(grant.Write)).ShouldBe(grant);
    }

    [Theory]
    [InlineData(1_711_382_400, 1_711_382_400)]
    [InlineData(1_711_382_400_000, 1_711_382_400)]
    [InlineData(1_711_382_400_999, 1_711_382_400)]
    [InlineData(99_999_999_999, 99_999_999_999)]
    [InlineData(100_000_000_000, 100_000_000)]
    public void SignIn_C5_an_end_in_milliseconds_is_known_by_its_size(long sent, long seconds)
    {
        var shape = Shape($$"""{"token":"t","sessionId":"s","expiresAt":{{sent}}}""");
        SignInGrant.Read(shape).ShouldBe(new("t", "s", seconds, null));
        shape.Ok.ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"token":"a b","sessionId":"s","expiresAt":1}""")]
    [InlineData("""{"token":"","sessionId":"s","expiresAt":1}""")]
    [InlineData("""{"token":"=","sessionId":"s","expiresAt":1}""")]
    [InlineData("{\"token\":\"a\\r\\nX: y\",\"sessionId\":\"s\",\"expiresAt\":1}")]
    [InlineData("""{"token":"a","sessionId":"s","expiresAt":"1"}""")]
    [InlineData("""{"token":"a","sessionId":"s","expiresAt":1.5}""")]
    [InlineData("""{"token":"a","sessionId":"s","expiresAt":1e400}""")]
    [InlineData("""{"token":"a","sessionId":"s","expiresAt":-1}""")]
    [InlineData("""{"token":"a","token":"b","sessionId":"s","expiresAt":1}""")]
    [InlineData("""{"token":"a","sessionId":"s","expiresAt":1,"walletAddress":"0x12"}""")]
    [InlineData("""{"token":"a","sessionId":"s"}""")]
    public void A_grant_that_cannot_be_used_is_refused(string json)
    {
        var shape = Shape(json);
        SignInGrant.Read(shape);
        shape.Ok.ShouldBeFalse();
    }

    [Fact]
    public void SignIn_C2_unknown_members_are_passed_over()
    {
        var shape = Shape("""{"token":"t","sessionId":"s","expiresAt":5,"walletAddress":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","userId":7,"more":{"a":[1]}}""");
        SignInGrant.Read(shape).WalletAddress.ShouldBe(s_account);
        shape.Ok.ShouldBeTrue();
    }

    [Fact]
    public void SignIn_C4_a_grant_does_not_show_its_token() => new SignInGrant("pas_secret", "s", 5, s_account).ToString().ShouldNotContain("secret");

    private static JsonShape Shape(string json) => JsonShape.Parse(Encoding.UTF8.GetBytes(json));

    private static JsonShape Shape(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return JsonShape.Parse(stream.ToArray());
    }
}
