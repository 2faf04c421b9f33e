namespace Purser.Ethereum.Tests.Values;

public sealed class ValueTextTests
{
    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    public void an_address_prints_its_eip55_checksum_and_parses_in_three_spellings(string text)
    {
        var address = Address.Parse(text);
        address.ToString().ShouldBe(text);
        Address.Parse(text.ToLowerInvariant()).ShouldBe(address);
        Address.Parse("0x" + text[2..].ToUpperInvariant()).ShouldBe(address);
    }

    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")]
    [InlineData("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd")]
    [InlineData("0xg0aeb6053f3e94c9b9a09f33669435e7ef1beaed")]
    [InlineData("")]
    public void a_wrong_checksum_or_form_is_refused(string text) => Address.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 0UL, "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d")]
    [InlineData("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 1UL, "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8")]
    [InlineData("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", 0UL, "0x5FbDB2315678afecb367f032d93F642f64180aa3")]
    public void create_addresses_are_those_of_the_chain(string sender, ulong nonce, string expected) =>
        Address.ForCreate(Address.Parse(sender), nonce).ShouldBe(Address.Parse(expected));

    [Fact]
    public void create2_addresses_are_those_of_eip_1014()
    {
        var sender = Address.Parse("0xdeadbeef00000000000000000000000000000000");
        Address.ForCreate2(sender, Hash32.Zero, Keccak256.Hash([0x00])).ShouldBe(Address.Parse("0xB928f69Bb1D91Cd65274e3c79d8986362984fDA3"));
        Address.ForCreate2(Address.Zero, Hash32.Zero, Keccak256.Hash([])).ShouldBe(Address.Parse("0xE33C0C7F7df4809055C3ebA6c09CFe4BaF1BD9e0"));
    }

    [Theory]
    [InlineData("8453")]
    [InlineData("solana:101")]
    [InlineData("")]
    [InlineData("eip155:")]
    [InlineData("eip155:abc")]
    [InlineData("eip155:-1")]
    [InlineData("eip155:0")]
    [InlineData("eip155:08453")]
    [InlineData("eip155:99999999999999999999")]
    [InlineData("EIP155:1")]
    public void a_network_that_is_not_caip2_of_an_evm_chain_is_refused(string text) => ChainId.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void a_network_round_trips() => ChainId.Parse("eip155:8453").ToString().ShouldBe("eip155:8453");

    [Theory]
    [InlineData("1000000", 6, "1.00")]
    [InlineData("400", 6, "0.0004")]
    [InlineData("1", 18, "0.000000000000000001")]
    [InlineData("1234567", 6, "1.234567")]
    [InlineData("0", 6, "0.00")]
    [InlineData("5", 0, "5")]
    [InlineData("5", 1, "0.5")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935", 6, "115792089237316195423570985008687907853269984665640564039457584007913129.639935")]
    public void amounts_are_shown_exactly(string units, int decimals, string text)
    {
        DecimalText.Format(UInt256.Parse(units), decimals).ShouldBe(text);
        DecimalText.TryParse(text, decimals, out var back).ShouldBeTrue();
        back.ShouldBe(UInt256.Parse(units));
    }

    [Theory]
    [InlineData("1.0000001", 6)]
    [InlineData("1.", 6)]
    [InlineData(".5", 6)]
    [InlineData("-1", 6)]
    [InlineData("1e6", 6)]
    [InlineData("1,5", 6)]
    [InlineData("01", 6)]
    [InlineData("", 6)]
    public void amounts_of_another_form_are_refused(string text, int decimals) => DecimalText.TryParse(text, decimals, out _).ShouldBeFalse();

    [Fact]
    public void amounts_of_different_assets_do_not_mix()
    {
        var a = new TokenAmount(1, AssetId.Native(new ChainId(1)));
        var b = new TokenAmount(1, AssetId.Native(new ChainId(2)));
        Should.Throw<ArgumentException>(() => a + b);
        (a + a).Units.ShouldBe((UInt256)2);
    }

    [Theory]
    [InlineData("eip155:1/slip44:60")]
    [InlineData("eip155:8453/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")]
    public void assets_round_trip_in_caip19(string text)
    {
        AssetId.TryParse(text, out var asset).ShouldBeTrue();
        asset.ToString().ShouldBe(text);
    }
}
