using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.Protocol.Tests.Payments;

public sealed class Eip3009Tests
{
    [Fact]
    public void The_type_hash_is_the_one_that_the_standard_prints() =>
        Eip3009.TransferTypeHash.ToString().ShouldBe("0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267");

    [Fact]
    public void The_domain_is_the_one_that_EIP712_gives() => Seeded.Run(20, seeded =>
    {
        var asset = new AssetId(new ChainId(1 + (ulong)seeded.Next(int.MaxValue)), new Address(seeded.Bytes(20)));
        Eip3009.DomainSeparator("USD₮0", "1", asset).ShouldBe(Eip712Domain.Create("USD₮0", "1", asset.Chain, asset.Token).Separator);
    });

    [Fact]
    public void The_digest_laid_by_hand_is_that_of_the_typed_data_document() => Seeded.Run(20, seeded =>
    {
        var asset = new AssetId(new ChainId(1 + (ulong)seeded.Next(int.MaxValue)), new Address(seeded.Bytes(20)));
        var message = new Eip3009Authorization(new Address(seeded.Bytes(20)), new Address(seeded.Bytes(20)), UInt256.FromBigEndian(seeded.Bytes(32)), seeded.NextUInt64(), seeded.NextUInt64(), new Hash32(seeded.Bytes(32)));
        var document = TypedData.Parse($$"""
            {
              "types": {
                "EIP712Domain": [{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
                "TransferWithAuthorization": [{"name":"from","type":"address"},{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"validAfter","type":"uint256"},{"name":"validBefore","type":"uint256"},{"name":"nonce","type":"bytes32"}]
              },
              "primaryType": "TransferWithAuthorization",
              "domain": {"name":"USD Coin","version":"2","chainId":{{asset.Chain.Value}},"verifyingContract":"{{asset.Token}}"},
              "message": {"from":"{{message.From}}","to":"{{message.To}}","value":"{{message.Value}}","validAfter":"{{message.ValidAfter}}","validBefore":"{{message.ValidBefore}}","nonce":"{{message.Nonce}}"}
            }
            """);
        Eip3009.Digest(message, Eip3009.DomainSeparator("USD Coin", "2", asset)).ShouldBe(document.Hash());
        TypedData.Parse(Eip3009.TypedDataJson(message, "USD Coin", "2", asset)).Hash().ShouldBe(document.Hash());
    });

    [Fact]
    public void Whoever_signed_is_recovered_and_a_change_of_any_member_recovers_another() => Seeded.Run(10, seeded =>
    {
        using var key = PrivateKey.FromBytes(seeded.Bytes(32));
        var separator = Eip3009.DomainSeparator("Test USD", "1", new AssetId(new(31337), new Address(seeded.Bytes(20))));
        var message = new Eip3009Authorization(key.Address, new Address(seeded.Bytes(20)), 1000UL, 0UL, 1_780_000_000UL, new Hash32(seeded.Bytes(32)));
        var signature = key.Sign(Eip3009.Digest(message, separator));

        Eip3009.TryRecover(message, separator, signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(key.Address);
        foreach (var changed in (Eip3009Authorization[])
            [message with { To = key.Address }, message with { Value = 1001UL }, message with { ValidAfter = 1UL }, message with { ValidBefore = 1_780_000_001UL }, message with { Nonce = default }, message with { From = message.To }])
        {
            (Eip3009.TryRecover(changed, separator, signature, out var other) && other == key.Address).ShouldBeFalse();
        }

        (Eip3009.TryRecover(message, default, signature, out var elsewhere) && elsewhere == key.Address).ShouldBeFalse();
    });
}
