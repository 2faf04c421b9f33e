using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Assets;

namespace Purser.Protocol.Tests.Assets;

/// <summary>The table of chains and tokens as data, and what its strict reader refuses.</summary>
public sealed class AssetTableTests
{
    private const string Chain = """{"network":"eip155:5","name":"Mine","v1Name":"mine","native":"ETH","testnet":true,"source":"me"}""";
    private const string Token = """{"asset":"eip155:5/erc20:0x5fbdb2315678afecb367f032d93f642f64180aa3","symbol":"ME","decimals":6,"domainName":"Me","domainVersion":"1","methods":["eip3009"],"source":"me"}""";

    [Theory]
    [MemberData(nameof(Version1Names.All), MemberType = typeof(Version1Names))]
    public void Version_1_names_lead_both_ways(string name, ulong id)
    {
        AssetRegistry.BuiltIn.FindChainByV1Name(name)!.Id.ShouldBe(new(id));
        AssetRegistry.BuiltIn.FindChain(new(id))!.V1Name.ShouldBe(name);
    }

    [Fact]
    public void Each_entry_names_its_source_and_each_chain_but_the_sandbox_has_a_token_that_moves_by_a_signature()
    {
        var registry = AssetRegistry.BuiltIn;
        registry.Chains.ShouldAllBe(chain => chain.Source.Length > 0);
        registry.Tokens.ShouldAllBe(token => token.Source.Length > 0 && token.Methods != TransferMethods.None);
        registry.Chains.Where(chain => !registry.Tokens.Any(token => token.Asset.Chain == chain.Id)).ShouldHaveSingleItem().Id.ShouldBe(new ChainId(31337));
    }

    [Theory]
    [InlineData(8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin", "2")]
    [InlineData(84532, "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC", "2")]
    [InlineData(1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USD Coin", "2")]
    [InlineData(196, "0x4ae46a509f6b1d9056937ba4500cb143933d2dc8", "Global Dollar", "1")]
    [InlineData(14, "0xe7cd86e13AC4309349F30B3435a9d337750fC82D", "USD₮0", "1")]
    public void Domains_are_those_that_the_sources_state(int chain, string address, string name, string version)
    {
        var token = AssetRegistry.BuiltIn.FindToken(new AssetId(new((ulong)chain), Address.Parse(address)))!;
        (token.DomainName, token.DomainVersion).ShouldBe((name, version));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        AssetTable.TryParse(Text(Chain, Token), out var table, out _).ShouldBeTrue();
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", 1);
            table.WriteMembers(writer);
            writer.WriteEndObject();
        }
        AssetTable.TryParse(stream.ToArray(), out var again, out _).ShouldBeTrue();
        again.Chains.ShouldBe(table.Chains);
        again.Tokens.ShouldBe(table.Tokens);
        AssetRegistry.BuiltIn.With(again).FindToken(new(5), "ME").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("\"symbol\":\"ME\"", "\"symbol\":\"123\"", "$.tokens[0].symbol")]
    [InlineData("\"symbol\":\"ME\"", "\"symbol\":\"M\\u0435\"", "$.tokens[0].symbol")] // a Cyrillic letter
    [InlineData("\"decimals\":6", "\"decimals\":78", "$.tokens[0].decimals")]
    [InlineData("\"decimals\":6", "\"decimals\":6.0", "$.tokens[0].decimals")]
    [InlineData("\"decimals\":6", "\"decimals\":\"6\"", "$.tokens[0].decimals")]
    [InlineData("\"decimals\":6,", "", "$.tokens[0].decimals")]
    [InlineData("\"decimals\":6", "\"decimals\":6,\"decimal\":18", "$.tokens[0].decimal")]
    [InlineData("\"decimals\":6", "\"decimals\":6,\"decimals\":18", "$.tokens[0].decimals")]
    [InlineData("\"domainName\":\"Me\"", "\"domainName\":\"\"", "$.tokens[0].domainName")]
    [InlineData("\"domainVersion\":\"1\"", "\"domainVersion\":null", "$.tokens[0].domainVersion")]
    [InlineData("[\"eip3009\"]", "[\"eip3009\",\"eip3009\"]", "$.tokens[0].methods")]
    [InlineData("[\"eip3009\"]", "[\"erc7710\"]", "$.tokens[0].methods")]
    [InlineData("5/erc20:0x5fbdb2315678afecb367f032d93f642f64180aa3", "5/slip44:60", "$.tokens[0].asset")]
    [InlineData("5/erc20:0x5fbdb", "05/erc20:0x5fbdb", "$.tokens[0].asset")]
    [InlineData(",\"source\":\"me\"}]}", "}]}", "$.tokens[0].source")]
    [InlineData("\"network\":\"eip155:5\"", "\"network\":\"eip155:0\"", "$.chains[0].network")]
    [InlineData("\"v1Name\":\"mine\"", "\"v1Name\":\"Mine\"", "$.chains[0].v1Name")]
    [InlineData("\"testnet\":true", "\"testnet\":\"yes\"", "$.chains[0].testnet")]
    [InlineData("\"native\":\"ETH\"", "\"native\":\"\"", "$.chains[0].native")]
    [InlineData("\"version\":1", "\"version\":2", "$.version")]
    [InlineData("\"version\":1", "\"version\":1,\"more\":1", "$.more")]
    public void An_entry_that_is_not_exactly_of_the_form_is_refused_by_its_path(string part, string instead, string path)
    {
        var text = Encoding.UTF8.GetString(Text(Chain, Token));
        text.ShouldContain(part);
        AssetTable.TryParse(Encoding.UTF8.GetBytes(text.Replace(part, instead, StringComparison.Ordinal)), out _, out var refusal).ShouldBeFalse();
        refusal!.ToString().ShouldContain(path);
    }

    [Fact]
    public void An_entry_that_is_there_twice_is_refused()
    {
        AssetTable.TryParse(Text($"{Chain},{Chain}", Token), out _, out var chain).ShouldBeFalse();
        chain!.Message.ShouldContain("eip155:5 is there twice");
        AssetTable.TryParse(Text($"{Chain},{Chain.Replace("eip155:5", "eip155:6", StringComparison.Ordinal)}", Token), out _, out var name).ShouldBeFalse();
        name!.Message.ShouldContain("mine is there twice");
        AssetTable.TryParse(Text(Chain, $"{Token},{Token.Replace("\"ME\"", "\"YOU\"", StringComparison.Ordinal)}"), out _, out var token).ShouldBeFalse();
        token!.Message.ShouldContain("is there twice");
    }

    [Fact]
    public void A_text_that_is_cut_anywhere_is_refused()
    {
        var text = Text(Chain, Token);
        for (var length = 0; length < text.Length; length++)
        {
            AssetTable.TryParse(text.AsSpan(0, length), out _, out _).ShouldBeFalse($"{length} bytes");
        }
    }

    private static byte[] Text(string chains, string tokens) => Encoding.UTF8.GetBytes($$"""{"version":1,"chains":[{{chains}}],"tokens":[{{tokens}}]}""");
}
