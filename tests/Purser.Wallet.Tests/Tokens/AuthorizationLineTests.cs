using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Wallet.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests.Tokens;

/// <summary>An authorization that the local path signed, before the token on the chain (x402-skill J2, J3, J11 to J15).</summary>
public sealed class AuthorizationLineTests : IAsyncLifetime
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestMandate _mandate = null!;
    private SimulatedToken _token = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 1000), _clock);
        _token = await SimulatedToken.DeployAsync(_clock, _mandate.Account, 500);
        await _mandate.EditPolicyAsync(new() { Assets = [new(_token.Asset, new Caps(PerPayment: 1000, PerDay: 10_000))] });
        _wallet = await OpenAsync(TokenInfo.TestUsd(_token.Asset));
    }

    public async ValueTask DisposeAsync()
    {
        await _token.DisposeAsync();
        await _mandate.DisposeAsync();
        _clock.Dispose();
    }

    [Fact]
    public async Task J2_a_payer_who_holds_less_is_refused_before_anything_is_signed()
    {
        (await _wallet.AuthorizeAsync(Intent("poor", 501))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("insufficient_funds");
        (await _wallet.ListPaymentsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task J3_a_token_without_EIP_3009_is_refused_before_anything_is_signed()
    {
        var wallet = await OpenAsync(TokenInfo.TestUsd(_token.Asset) with { Methods = TransferMethods.Eip2612 });
        (await wallet.AuthorizeAsync(Intent("other", 1))).ShouldBeOfType<AuthorizationResult.Refused>();
        (await _wallet.ListPaymentsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task J11_signed_by_a_wallet_that_has_no_node_at_all_the_token_takes_it()
    {
        var offline = await _mandate.OpenWalletAsync(registry: AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(_token.Asset)));
        var signed = (await offline.AuthorizeAsync(Intent("offline", 10))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await _token.SettleAsync("offline", signed.Authorization(), signed.Signature())).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task J12_settled_once_it_cannot_be_settled_again()
    {
        var (message, signature) = await SignAsync("once");
        (await _token.SettleAsync("first", message, signature)).ShouldBeOfType<LaneResult.Mined>();
        await RefusedAsync("second", message, signature);
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(301, false)]
    public async Task J13_it_settles_up_to_the_end_of_its_300_seconds_and_not_after(int seconds, bool settles)
    {
        var (message, signature) = await SignAsync("window");
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        if (settles)
        {
            (await _token.SettleAsync("in-time", message, signature)).ShouldBeOfType<LaneResult.Mined>();
        }
        else
        {
            await RefusedAsync("late", message, signature);
        }
    }

    [Fact]
    public async Task J14_signed_under_another_version_of_the_domain_it_is_invalid()
    {
        var (message, signature) = await SignAsync("version");
        Eip3009.TryRecover(message, Eip3009.DomainSeparator("Test USD", "2", _token.Asset), signature, out var other).ShouldBeTrue();
        other.ShouldNotBe(_mandate.Account);
        var elsewhere = (await (await OpenAsync(TokenInfo.TestUsd(_token.Asset) with { DomainVersion = "2" })).AuthorizeAsync(Intent("wrong-version", 1))).ShouldBeOfType<AuthorizationResult.Refused>();
        elsewhere.Reason.Code.ShouldBe("token_domain_mismatch");
    }

    [Fact]
    public async Task J15_with_any_of_its_members_altered_it_is_invalid()
    {
        var (message, signature) = await SignAsync("altered");
        foreach (var altered in (Eip3009Authorization[])
        [
            message with { From = _token.Asset.Token },
            message with { To = message.From },
            message with { Value = message.Value + 1UL },
            message with { ValidBefore = message.ValidBefore + 1UL },
            message with { Nonce = Keccak256.Hash(message.Nonce.Bytes) },
        ])
        {
            await RefusedAsync(altered.GetHashCode().ToString(System.Globalization.CultureInfo.InvariantCulture), altered, signature);
        }
        (await _token.SettleAsync("as-it-was", message, signature)).ShouldBeOfType<LaneResult.Mined>();
    }

    private X402AuthorizationIntent Intent(string id, ulong amount) => _mandate.Intent(id, amount) with { Asset = _token.Asset };

    private Task<LocalWallet> OpenAsync(TokenInfo token) => _mandate.OpenWalletAsync(_token.Chains, AssetRegistry.BuiltIn.With(token));

    private async Task<(Eip3009Authorization Message, Signature Signature)> SignAsync(string id)
    {
        var signed = (await _wallet.AuthorizeAsync(Intent(id, 10))).ShouldBeOfType<AuthorizationResult.Authorized>();
        return (signed.Authorization(), signed.Signature());
    }

    private async Task RefusedAsync(string key, Eip3009Authorization message, Signature signature) =>
        (await _token.SettleAsync(key, message, signature)).ShouldBeOfType<LaneResult.Refused>().Code.ShouldBe("would_revert");
}
