using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Tests.Payments.Extensions;

public class SignInWithXTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly Uri s_origin = new("https://api.example.com");
    private static readonly ChainId s_chain = ChainId.Parse("eip155:8453");
    private static readonly SignInWithXInfo s_info = new("api.example.com", "https://api.example.com/data?x=1", "a1b2c3d4e5f67890a1b2c3d4e5f67890", "2026-01-02T03:03:05.000Z")
    {
        Statement = "Sign in to read again",
        ExpirationTime = "2026-01-02T03:08:05.000Z",
        Resources = ["https://api.example.com/data?x=1"],
    };

    private static readonly SignInWithXProof s_proof = new(s_info, "0x857b06519E91e3A54538791bDbb0E22373e36b66", "eip155:8453", "eip191", "0x1234");

    [Fact]
    public void A_challenge_says_the_same_after_the_wire()
    {
        var challenge = new SignInWithXChallenge(s_info, [new("eip155:8453", "eip191"), new("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "ed25519", "siws")]);
        var extensions = PaymentExtensions.Join([new(SignInWithX.Name, challenge.ToEntry())]);
        var read = SignInWithXChallenge.Read(extensions, out var refusal).ShouldNotBeNull();
        refusal.ShouldBeNull();
        read.SupportedChains.ShouldBe(challenge.SupportedChains);
        read.ToEntry().GetRawText().ShouldBe(challenge.ToEntry().GetRawText());
    }

    [Fact]
    public void The_text_that_is_signed_is_that_of_EIP_4361()
    {
        var message = SignInWithXRules.ToMessage(s_info, Address.Parse("0x857b06519E91e3A54538791bDbb0E22373e36b66"), s_chain, out _).ShouldNotBeNull();
        message.ToText().ShouldBe("""
            api.example.com wants you to sign in with your Ethereum account:
            0x857b06519E91e3A54538791bDbb0E22373e36b66

            Sign in to read again

            URI: https://api.example.com/data?x=1
            Version: 1
            Chain ID: 8453
            Nonce: a1b2c3d4e5f67890a1b2c3d4e5f67890
            Issued At: 2026-01-02T03:03:05.000Z
            Expiration Time: 2026-01-02T03:08:05.000Z
            Resources:
            - https://api.example.com/data?x=1
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_header_says_the_same_after_the_wire_and_passes()
    {
        var read = SignInWithXProof.Decode(s_proof.Encode(), out var refusal);
        refusal.ShouldBeNull();
        read.Encode().ShouldBe(s_proof.Encode());
        var statement = Check(read, out var reason).ShouldNotBeNull();
        reason.ShouldBe(PaymentReason.Other);
        statement.Signature.ToArray().ShouldBe([0x12, 0x34]);
        statement.Message.Address.ToString().ShouldBe(s_proof.Address);
    }

    public static TheoryData<string, PaymentReason, Func<SignInWithXProof, SignInWithXProof>> Faults => new()
    {
        { "domain", PaymentReason.SignInDomain, proof => proof with { Info = s_info with { Domain = "evil.example.com" } } },
        { "domain with another port", PaymentReason.SignInDomain, proof => proof with { Info = s_info with { Domain = "api.example.com:8443" } } },
        { "domain in capitals", PaymentReason.SignInDomain, proof => proof with { Info = s_info with { Domain = "API.example.com" } } },
        { "uri of another host", PaymentReason.SignInUri, proof => proof with { Info = s_info with { Uri = "https://evil.example.com/data" } } },
        { "uri of another scheme", PaymentReason.SignInUri, proof => proof with { Info = s_info with { Uri = "http://api.example.com/data" } } },
        { "uri with a user", PaymentReason.SignInUri, proof => proof with { Info = s_info with { Uri = "https://api.example.com@evil.example/data" } } },
        { "uri that is none", PaymentReason.SignInUri, proof => proof with { Info = s_info with { Uri = "data" } } },
        { "no time of issue", PaymentReason.SignInIssuedAt, proof => proof with { Info = s_info with { IssuedAt = "yesterday" } } },
        { "a day that is not", PaymentReason.SignInIssuedAt, proof => proof with { Info = s_info with { IssuedAt = "2026-02-30T00:00:00Z" } } },
        { "too old", PaymentReason.SignInTooOld, proof => proof with { Info = s_info with { IssuedAt = "2026-01-02T02:59:04.999Z" } } },
        { "from the future", PaymentReason.SignInFromFuture, proof => proof with { Info = s_info with { IssuedAt = "2026-01-02T03:04:05.001Z" } } },
        { "expiry that is none", PaymentReason.SignInExpirationTime, proof => proof with { Info = s_info with { ExpirationTime = "never" } } },
        { "expired", PaymentReason.SignInExpired, proof => proof with { Info = s_info with { ExpirationTime = "2026-01-02T03:04:05Z" } } },
        { "not before that is none", PaymentReason.SignInNotBefore, proof => proof with { Info = s_info with { NotBefore = "soon" } } },
        { "not yet valid", PaymentReason.SignInNotYetValid, proof => proof with { Info = s_info with { NotBefore = "2026-01-02T03:04:06Z" } } },
        { "a nonce that is none", PaymentReason.SignInNonce, proof => proof with { Info = s_info with { Nonce = "a b" } } },
        { "another chain", PaymentReason.SignInUnsupportedChain, proof => proof with { Network = "eip155:1" } },
        { "another kind of chain", PaymentReason.SignInUnsupportedChain, proof => proof with { Network = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", Type = "ed25519" } },
        { "a type that is not the chain's", PaymentReason.SignInUnsupportedChain, proof => proof with { Type = "ed25519" } },
        { "a chain that is none", PaymentReason.SignInChainId, proof => proof with { Network = "eip155:08453" } },
        { "an address that is none", PaymentReason.SignInMalformed, proof => proof with { Address = "0x857b" } },
        { "a signature that is none", PaymentReason.SignInMalformed, proof => proof with { Signature = "0xzz" } },
        { "no signature", PaymentReason.SignInMalformed, proof => proof with { Signature = "0x" } },
        { "a version that is not spoken", PaymentReason.SignInMalformed, proof => proof with { Info = s_info with { Version = "2" } } },
        { "a statement of two lines", PaymentReason.SignInMalformed, proof => proof with { Info = s_info with { Statement = "x\nURI: https://evil.example" } } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_has_its_reason(string what, PaymentReason expected, Func<SignInWithXProof, SignInWithXProof> damage)
    {
        Check(damage(s_proof), out var reason).ShouldBeNull(what);
        reason.ShouldBe(expected, what);
    }

    [Fact]
    public void A_message_counts_to_the_last_moment_of_its_age()
    {
        Check(s_proof with { Info = s_info with { IssuedAt = "2026-01-02T02:59:05Z" } }, out _).ShouldNotBeNull();
        Check(s_proof with { Info = s_info with { IssuedAt = "2026-01-02T03:04:05Z", NotBefore = "2026-01-02T03:04:05Z" } }, out _).ShouldNotBeNull();
    }

    [Fact]
    public void A_client_signs_only_what_the_service_asked_for_itself()
    {
        SignInWithXRules.IsBoundTo(s_info, new("https://api.example.com/other")).ShouldBeTrue();
        SignInWithXRules.IsBoundTo(s_info, new("https://mirror.example.com/data")).ShouldBeFalse();
        SignInWithXRules.IsBoundTo(s_info, new("http://api.example.com/data")).ShouldBeFalse();
    }

    [Fact]
    public void A_port_that_is_not_the_schemes_own_is_part_of_the_domain() =>
        SignInWithXRules.IsBoundTo(new("127.0.0.1:4021", "http://127.0.0.1:4021/paid", "a1b2c3d4e5f67890", "2026-01-02T03:03:05Z"), new("http://127.0.0.1:4021/")).ShouldBeTrue();

    [Theory]
    [InlineData("""{"sign-in-with-x":{"info":{},"supportedChains":[]}}""", "$.info.domain")]
    [InlineData("""{"sign-in-with-x":{"info":{"domain":"d","uri":"u","version":"1","nonce":"n","issuedAt":"i"},"supportedChains":{}}}""", "$.supportedChains")]
    [InlineData("""{"sign-in-with-x":{"info":{"domain":"d","uri":"u","version":"1","nonce":"n","issuedAt":"i"},"supportedChains":[{"chainId":1}]}}""", "$.supportedChains[0].chainId")]
    [InlineData("""{"sign-in-with-x":7}""", "$")]
    public void A_challenge_that_cannot_be_read_is_refused_and_the_member_named(string extensions, string path)
    {
        SignInWithXChallenge.Read(JsonElement.Parse(extensions), out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Path.ShouldBe(path);
    }

    [Fact]
    public void A_header_that_is_too_long_is_refused_unread()
    {
        SignInWithXProof.Decode(new string('A', SignInWithX.MaxHeaderLength + 1), out var refusal);
        refusal.ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.TooLarge);
    }

    private static SignInWithXStatement? Check(SignInWithXProof proof, out PaymentReason reason) =>
        SignInWithXRules.Check(proof, s_origin, [s_chain], s_now, SignInWithXRules.DefaultMaxAge, out reason);
}
