using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Protocol.SignIn;
using Purser.Testing;

namespace Purser.Protocol.Tests.Intents;

/// <summary>What intents other than payments must keep, and how they are told to a human.</summary>
public sealed class IntentRuleTests
{
    private static readonly Address s_account = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    private static readonly AssetId s_usdc = AssetId.Parse("eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e");

    private static readonly SignInIntent s_signIn = new()
    {
        Id = "signin-0123456789ab",
        Account = s_account,
        Origin = "https://api.example",
        Domain = "api.example",
        Uri = "https://api.example/login",
        Chain = new(8453),
        Nonce = "abcdef0123456789",
        IssuedAt = "2026-01-01T00:00:00Z",
    };

    [Theory]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935")]
    [InlineData("57896044618658097711785492504343953926634992332820282019728792003956564819968")]
    [InlineData("1461501637330902918203684832716283019655932542975")]
    [InlineData("340282366920938463463374607431768211455")]
    [InlineData("79228162514264337593543950335")]
    public void An_unlimited_approval_is_refused(string amount)
    {
        var approve = new ApproveIntent { Id = "approve-0123456789ab", Account = s_account, Asset = s_usdc, Spender = new([.. Enumerable.Repeat((byte)1, 20)]), Amount = UInt256.Parse(amount), GasCap = 60_000 };
        IntentRules.Check(approve)!.Member.ShouldBe("amount");
        IntentRules.Check(approve with { Amount = UInt256.Parse(amount) >> 5 }).ShouldBeNull();
        IntentRules.Check(approve with { Amount = 0UL }).ShouldBeNull();
    }

    [Fact]
    public void A_permit_is_for_an_exact_amount_of_a_token_names_no_spender_and_says_so_to_a_human()
    {
        var permit = new TokenPermitIntent { Id = "permit-0123456789ab", Account = s_account, Asset = s_usdc, Amount = 1000UL, MaxTimeoutSeconds = 300 };
        IntentRules.Check(permit).ShouldBeNull();
        foreach (var amount in (UInt256[])[0UL, UInt256.MaxValue, (UInt256.One << 160) - UInt256.One, UInt256.One << 255])
        {
            IntentRules.Check(permit with { Amount = amount })!.Member.ShouldBe("amount");
        }

        IntentRules.Check(permit with { Asset = AssetId.Native(new(1)) })!.Member.ShouldBe("asset");
        IntentRules.Check(permit with { MaxTimeoutSeconds = 0 })!.Member.ShouldBe("maxTimeoutSeconds");
        IntentRules.Check(permit with { MaxTimeoutSeconds = IntentRules.MaxTimeoutSeconds + 1 })!.Member.ShouldBe("maxTimeoutSeconds");
        IntentSummary.Of(permit, AssetRegistry.BuiltIn, KnownFunctions.None).ShouldBe(
            $"Let Permit2 (0x000000000022D473030F116dDEE9F6B43aC78BA3) take up to 0.001 USDC (1000) [{s_usdc.Token}] on Base Sepolia (eip155:84532) from {s_account}, by a signature that is valid for 300 s");

        // A spender is no member: there is no way to name another.
        var json = System.Text.Encoding.UTF8.GetString(IntentJson.Write(permit));
        IntentJson.Parse(System.Text.Encoding.UTF8.GetBytes(json[..^1] + $",\"spender\":\"{s_account}\"}}")).ShouldBeOfType<IntentReading.Refused>().Reason.Code.ShouldBe("intent_member_unknown");
    }

    [Fact]
    public void Money_is_not_sent_to_where_it_is_lost_and_nothing_is_approved_to_nobody()
    {
        var transfer = new TransferIntent { Id = "send-0123456789ab", Account = s_account, Asset = s_usdc, To = new([.. Enumerable.Repeat((byte)1, 20)]), Amount = 1UL, GasCap = 60_000 };
        IntentRules.Check(transfer).ShouldBeNull();
        IntentRules.Check(transfer with { To = default })!.Member.ShouldBe("to");
        IntentRules.Check(transfer with { To = s_usdc.Token })!.Member.ShouldBe("to");
        IntentRules.Check(transfer with { Amount = 0UL })!.Member.ShouldBe("amount");
        IntentRules.Check(transfer with { GasCap = 0 })!.Member.ShouldBe("gasCap");
        IntentRules.Check(transfer with { GasCap = IntentRules.MaxGasCap + 1 })!.Member.ShouldBe("gasCap");
        IntentRules.Check(transfer with { Asset = default })!.Member.ShouldBe("asset");
        var approve = new ApproveIntent { Id = "approve-0123456789ab", Account = s_account, Asset = s_usdc, Spender = default, Amount = 1UL, GasCap = 60_000 };
        IntentRules.Check(approve)!.Member.ShouldBe("spender");
        IntentRules.Check(approve with { Spender = s_account })!.Member.ShouldBe("spender");
        IntentRules.Check(approve with { Asset = AssetId.Native(new(1)) })!.Member.ShouldBe("asset");
    }

    [Theory]
    [InlineData("https://api.example", "api.example", "https://api.example", true)]
    [InlineData("https://api.example", "API.example:443", "HTTPS://api.Example:443/x?y#z", true)]
    [InlineData("http://127.0.0.1:4020", "127.0.0.1:4020", "http://127.0.0.1:4020/login", true)]
    [InlineData("http://[::1]:4020", "[::1]:4020", "http://[::1]:4020/login", true)]
    [InlineData("https://api.example", "evil.example", "https://api.example", false)]
    [InlineData("https://api.example", "api.example", "https://evil.example", false)]
    [InlineData("https://api.example", "api.example", "http://api.example", false)]
    [InlineData("https://api.example", "api.example:8443", "https://api.example", false)]
    [InlineData("https://api.example:8443", "api.example", "https://api.example:8443", false)]
    [InlineData("https://api.example", "user@api.example", "https://api.example", false)]
    [InlineData("https://api.example", "api.example", "https://api.example@evil.example/", false)]
    [InlineData("https://api.example", "api.example", "https://evil.example/https://api.example", false)]
    [InlineData("https://api.example", "api.example.", "https://api.example", false)]
    [InlineData("https://api.example", "api%2eexample", "https://api.example", false)]
    [InlineData("https://api.example", "sub.api.example", "https://api.example", false)]
    [InlineData("https://api.example", "api.example", "urn:api.example", false)]
    [InlineData("http://127.0.0.1", "127.1", "http://127.0.0.1", false)]
    [InlineData("https://api.example/", "api.example", "https://api.example", false)]
    public void A_sign_in_for_another_domain_is_refused(string origin, string domain, string uri, bool taken) =>
        (IntentRules.Check(s_signIn with { Origin = origin, Domain = domain, Uri = uri }) is null).ShouldBe(taken);

    [Fact]
    public void A_servers_text_becomes_the_intent_whose_message_is_that_text()
    {
        const string Text = "https://api.example wants you to sign in with your Ethereum account:\n0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\nHello.\n\nURI: https://api.example/login\nVersion: 1\nChain ID: 8453\nNonce: abcdef0123456789\nIssued At: 2026-01-01T00:00:00Z\nExpiration Time: 2026-01-01T00:05:00Z";
        var message = SignInMessage.Parse(Text).ShouldBeOfType<SignInReading.Read>().Message;
        var intent = message.ToIntent("signin-0123456789ab", s_account, "https://api.example");
        IntentRules.Check(intent).ShouldBeNull();
        IntentPayload.Of(intent).ShouldBeOfType<IntentPayload.Text>().Message.ShouldBe(Text);
        // For another account the wallet builds another text, which is not the server's.
        IntentPayload.Of(intent with { Account = new([.. Enumerable.Repeat((byte)1, 20)]) }).ShouldBeOfType<IntentPayload.Text>().Message.ShouldNotBe(Text);
        IntentRules.Check(intent with { Scheme = "http" })!.Member.ShouldBe("scheme");
        IntentRules.Check(intent with { Statement = "two\nlines" })!.Member.ShouldBe("statement");
        IntentRules.Check(intent with { Nonce = "short" })!.Member.ShouldBe("nonce");
        IntentRules.Check(intent with { Chain = default })!.Member.ShouldBe("chain");
    }

    [Fact]
    public void Each_kind_is_told_in_one_line_with_names_from_the_registry()
    {
        var other = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
        Say(new TransferIntent { Id = "send-0123456789ab", Account = s_account, Asset = s_usdc, To = other, Amount = 1_500_000UL, GasCap = 60_000 })
            .ShouldBe($"Send 1.50 USDC (1500000) [{s_usdc.Token}] on Base Sepolia (eip155:84532) from {s_account} to {other}, at most 60000 gas");
        Say(new TransferIntent { Id = "send-0123456789ab", Account = s_account, Asset = AssetId.Native(s_usdc.Chain), To = other, Amount = 1UL, GasCap = 21_000 })
            .ShouldBe($"Send 0.000000000000000001 ETH (1) on Base Sepolia (eip155:84532) from {s_account} to {other}, at most 21000 gas");
        Say(new ApproveIntent { Id = "approve-0123456789ab", Account = s_account, Asset = s_usdc, Spender = other, Amount = 1_500_000UL, GasCap = 60_000 })
            .ShouldBe($"Let {other} take up to 1.50 USDC (1500000) [{s_usdc.Token}] on Base Sepolia (eip155:84532) from {s_account}, at most 60000 gas");
        Say(new ApproveIntent { Id = "approve-0123456789ab", Account = s_account, Asset = s_usdc, Spender = other, Amount = 0UL, GasCap = 60_000 })
            .ShouldBe($"Take back what {other} may take of USDC [{s_usdc.Token}] on Base Sepolia (eip155:84532) from {s_account}, at most 60000 gas");
        Say(s_signIn with { Statement = "Hello.", ExpirationTime = "2026-01-01T00:05:00Z", Resources = ["https://a.example/tos"] })
            .ShouldBe($"Sign in at \"https://api.example\" as {s_account} on Base (eip155:8453) for \"https://api.example/login\", saying \"Hello.\", with 1 resources: \"https://a.example/tos\", until 2026-01-01T00:05:00Z");
        Say(SomeIntent.Permit2((X402AuthorizationIntent)SomeIntent.OfKind(new Seeded(1), 0))).ShouldContain(" by Permit2");
    }

    [Fact]
    public void A_summary_is_one_line_without_control_characters_whatever_is_in_the_intent() => Seeded.Run(300, seeded =>
        Say(SomeIntent.OfAnyKind(seeded)).ShouldAllBe(c => !char.IsControl(c)));

    private static string Say(Intent intent) => IntentSummary.Of(intent, AssetRegistry.BuiltIn, KnownFunctions.None);
}
