using Purser.Ethereum;
using Purser.Protocol.Assets;

namespace Purser.Protocol.Tests.Assets;

public sealed class AssetRegistryTests
{
    [Theory]
    [InlineData(1, "Ethereum")]
    [InlineData(196, "X Layer")]
    [InlineData(8453, "Base")]
    [InlineData(42161, "Arbitrum One")]
    [InlineData(59144, "Linea")]
    public void Common_chains_are_known(int id, string name) => AssetRegistry.BuiltIn.FindChain(new((ulong)id))!.Name.ShouldBe(name);

    [Theory]
    [InlineData("base", 8453)]
    [InlineData("base-sepolia", 84532)]
    [InlineData("avalanche-fuji", 43113)]
    [InlineData("skale-base-sepolia", 324705682)]
    public void Version_1_names_lead_to_chains(string name, int id) => AssetRegistry.BuiltIn.FindChainByV1Name(name)!.Id.ShouldBe(new((ulong)id));

    [Fact]
    public void A_name_in_another_spelling_is_no_chain()
    {
        AssetRegistry.BuiltIn.FindChainByV1Name("Base").ShouldBeNull();
        AssetRegistry.BuiltIn.FindChainByV1Name("").ShouldBeNull();
    }

    [Fact]
    public void The_domain_of_USDC_differs_between_Base_and_its_test_network()
    {
        AssetRegistry.BuiltIn.FindToken(new(8453), "usdc")!.DomainName.ShouldBe("USD Coin");
        AssetRegistry.BuiltIn.FindToken(new(84532), "USDC")!.DomainName.ShouldBe("USDC");
    }

    [Fact]
    public void Every_token_stands_on_a_known_chain_and_every_chain_and_token_once()
    {
        var registry = AssetRegistry.BuiltIn;
        registry.Tokens.ShouldAllBe(token => registry.FindChain(token.Asset.Chain) != null && token.Source.Length > 0);
        registry.Tokens.Select(token => token.Asset).ShouldBeUnique();
        registry.Chains.Select(chain => chain.Id).ShouldBeUnique();
    }

    [Fact]
    public void A_configuration_adds_tokens_replaces_entries_and_leaves_the_built_in_table_alone()
    {
        var asset = new AssetId(new(31337), Address.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"));
        var added = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(asset));
        added.FindToken(asset)!.Symbol.ShouldBe("TUSD");
        added.With(TokenInfo.TestUsd(asset) with { Symbol = "OTHER" }).FindToken(new(31337), "tusd").ShouldBeNull();
        AssetRegistry.BuiltIn.FindToken(asset).ShouldBeNull();
    }

    [Fact]
    public void Two_tokens_of_one_symbol_are_found_by_address_only()
    {
        var one = new AssetId(new(31337), Address.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"));
        var two = one with { Token = Address.Parse("0x00000000000000000000000000000000000000aa") };
        var registry = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(one)).With(TokenInfo.TestUsd(two));
        registry.FindToken(new(31337), "TUSD").ShouldBeNull();
        registry.FindToken(two).ShouldNotBeNull();
    }

    [Fact]
    public void Entries_that_break_a_bound_are_refused()
    {
        var token = TokenInfo.TestUsd(new AssetId(new(31337), Address.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3")));
        Should.Throw<ArgumentException>(() => AssetRegistry.BuiltIn.With(token with { Symbol = "123" }));
        Should.Throw<ArgumentException>(() => AssetRegistry.BuiltIn.With(token with { Symbol = "US D" }));
        Should.Throw<ArgumentException>(() => AssetRegistry.BuiltIn.With(token with { Decimals = 78 }));
        Should.Throw<ArgumentException>(() => AssetRegistry.BuiltIn.With(token with { Asset = AssetId.Native(new(31337)) }));
        Should.Throw<ArgumentException>(() => AssetRegistry.BuiltIn.With(token with { Asset = token.Asset with { Chain = new(999_999) } }));
        Should.Throw<ArgumentException>(() => AssetRegistry.BuiltIn.With(new ChainInfo(new(5), "Mine", "base", "ETH", true)));
    }
}
