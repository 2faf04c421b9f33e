using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Testing.Tokens;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Tokens;

/// <summary>What a contract says against what the registry says of it, before anything is signed (x402-skill F9, J8, J9, J14).</summary>
public sealed class TokenCheckTests
{
    private static readonly AssetId s_asset = new(TestMandate.Chain, Address.Parse("0x00000000000000000000000000000000000070c3"));
    private static readonly TokenInfo s_token = TokenInfo.TestUsd(s_asset);
    private static readonly Hash32 s_separator = Eip3009.DomainSeparator(s_token.DomainName, s_token.DomainVersion, s_asset);

    [Fact]
    public async Task A_contract_that_says_what_the_registry_says_is_paid_with()
    {
        (await AuthorizeAsync(Token().Answers("decimals()", 6).Answers("DOMAIN_SEPARATOR()", s_separator.ToArray()))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    [Theory]
    [InlineData("Test USD", "2")]
    [InlineData("Test Usd", "1")]
    [InlineData("USD Coin", "2")]
    public async Task Another_separator_is_token_domain_mismatch(string name, string version) =>
        await RefusedAsync("token_domain_mismatch", Token().Answers("decimals()", 6).Answers("DOMAIN_SEPARATOR()", Eip3009.DomainSeparator(name, version, s_asset).ToArray()));

    [Fact]
    public async Task The_separator_of_another_chain_is_token_domain_mismatch() =>
        await RefusedAsync("token_domain_mismatch", Token().Answers("DOMAIN_SEPARATOR()", Eip3009.DomainSeparator("Test USD", "1", s_asset with { Chain = new(1) }).ToArray()));

    [Theory]
    [InlineData("Test USD", "2")]
    [InlineData("USD Coin", "1")]
    public async Task Where_the_separator_is_hidden_name_and_version_are_compared(string name, string version) =>
        await RefusedAsync("token_domain_mismatch", Token().Answers("decimals()", 6).Answers("name()", name).Answers("version()", version));

    [Fact]
    public async Task A_contract_that_says_only_its_name_and_version_and_rightly_is_paid_with()
    {
        (await AuthorizeAsync(Token().Answers("name()", "Test USD").Answers("version()", "1"))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    [Fact]
    public async Task A_name_in_the_old_form_of_32_bytes_is_read()
    {
        await RefusedAsync("token_domain_mismatch", Token().Answers("name()", [.. "Old Dollar"u8, .. new byte[22]]));
        (await AuthorizeAsync(Token().Answers("name()", [.. "Test USD"u8, .. new byte[24]]))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    [Theory]
    [InlineData(18)]
    [InlineData(0)]
    public async Task Other_decimals_are_token_decimals_mismatch(int decimals) =>
        await RefusedAsync("token_decimals_mismatch", Token().Answers("decimals()", (UInt256)(ulong)decimals).Answers("DOMAIN_SEPARATOR()", s_separator.ToArray()));

    private static AssembledToken Token() => new AssembledToken().Answers("balanceOf(address)", 1_000_000);

    private static async Task RefusedAsync(string code, AssembledToken token)
    {
        var refusal = (await AuthorizeAsync(token)).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
        refusal.Code.ShouldBe(code);
        refusal.Kind.ShouldBe(WalletRefusalKind.State);
    }

    private static async Task<AuthorizationResult> AuthorizeAsync(AssembledToken token)
    {
        using var clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var mandate = await TestMandate.CreateAsync(new SpendingPolicy { Assets = [new(TestMandate.Token, new Caps(PerPayment: 100, PerDay: 1000))] }, clock);
        var registry = AssetRegistry.BuiltIn.With(s_token);
        await mandate.EditPolicyAsync(new() { Assets = [new(s_asset, new Caps(PerPayment: 100, PerDay: 1000))] });
        using var chain = SandboxChain.Open(new SandboxOptions { ChainId = TestMandate.Chain, Genesis = [new GenesisAccount(s_asset.Token) { Code = token.Code() }] }, clock);
        var wallet = await mandate.OpenWalletAsync(new Dictionary<ChainId, IChain> { [TestMandate.Chain] = chain }, registry);
        var result = await wallet.AuthorizeAsync(mandate.Intent("check", 10) with { Asset = s_asset });
        (await wallet.ListPaymentsAsync()).Count.ShouldBe(result is AuthorizationResult.Authorized ? 1 : 0);
        return result;
    }
}
