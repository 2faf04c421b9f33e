using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.Protocol.Tests.Payments;

public sealed class Permit2Tests
{
    [Fact]
    public void The_digest_laid_by_hand_is_that_of_the_typed_data_document() => Seeded.Run(30, seeded =>
    {
        var chain = new ChainId(1 + (seeded.NextUInt64() >> seeded.Next(64)));
        var message = Message(seeded, new(seeded.Bytes(20)));
        var document = TypedData.Parse($$"""
            {
              "types": {
                "EIP712Domain": [{"name":"name","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
                "PermitWitnessTransferFrom": [{"name":"permitted","type":"TokenPermissions"},{"name":"spender","type":"address"},{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint256"},{"name":"witness","type":"Witness"}],
                "TokenPermissions": [{"name":"token","type":"address"},{"name":"amount","type":"uint256"}],
                "Witness": [{"name":"to","type":"address"},{"name":"validAfter","type":"uint256"}]
              },
              "primaryType": "PermitWitnessTransferFrom",
              "domain": {"name":"Permit2","chainId":"{{chain.Value}}","verifyingContract":"0x000000000022D473030F116dDEE9F6B43aC78BA3"},
              "message": {
                "permitted": {"token":"{{message.Token}}","amount":"{{message.Amount}}"}, "spender":"{{message.Spender}}", "nonce":"{{message.Nonce}}", "deadline":"{{message.Deadline}}",
                "witness": {"to":"{{message.To}}","validAfter":"{{message.ValidAfter}}"}
              }
            }
            """);
        Permit2.TransferType.ShouldBe(document.EncodedType);
        Permit2.DomainSeparator(chain).ShouldBe(document.DomainSeparator);
        Permit2.Digest(message, chain).ShouldBe(document.Hash());
        TypedData.Parse(Permit2.TypedDataJson(message, chain)).Hash().ShouldBe(document.Hash());
    });

    [Fact]
    public void The_witness_of_upto_names_the_facilitator_and_hashes_as_its_document() => Seeded.Run(30, seeded =>
    {
        var chain = new ChainId(1 + (seeded.NextUInt64() >> seeded.Next(64)));
        var message = Message(seeded, new(seeded.Bytes(20))) with { Facilitator = new(seeded.Bytes(20)), ValidAfter = seeded.NextUInt64() };
        var document = TypedData.Parse($$"""
            {
              "types": {
                "EIP712Domain": [{"name":"name","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
                "PermitWitnessTransferFrom": [{"name":"permitted","type":"TokenPermissions"},{"name":"spender","type":"address"},{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint256"},{"name":"witness","type":"Witness"}],
                "TokenPermissions": [{"name":"token","type":"address"},{"name":"amount","type":"uint256"}],
                "Witness": [{"name":"to","type":"address"},{"name":"facilitator","type":"address"},{"name":"validAfter","type":"uint256"}]
              },
              "primaryType": "PermitWitnessTransferFrom",
              "domain": {"name":"Permit2","chainId":"{{chain.Value}}","verifyingContract":"0x000000000022D473030F116dDEE9F6B43aC78BA3"},
              "message": {
                "permitted": {"token":"{{message.Token}}","amount":"{{message.Amount}}"}, "spender":"{{message.Spender}}", "nonce":"{{message.Nonce}}", "deadline":"{{message.Deadline}}",
                "witness": {"to":"{{message.To}}","facilitator":"{{message.Facilitator}}","validAfter":"{{message.ValidAfter}}"}
              }
            }
            """);
        Permit2.UptoTransferType.ShouldBe(document.EncodedType);
        Permit2.Digest(message, chain).ShouldBe(document.Hash());
        TypedData.Parse(Permit2.TypedDataJson(message, chain)).Hash().ShouldBe(document.Hash());
        Permit2.Digest(message with { Facilitator = null }, chain).ShouldNotBe(document.Hash());
        Permit2.Digest(message with { Facilitator = message.To }, chain).ShouldNotBe(document.Hash());
    });

    [Fact]
    public void Whoever_signed_is_recovered_and_a_change_of_any_signed_member_recovers_another() => Seeded.Run(10, seeded =>
    {
        using var key = PrivateKey.FromBytes(seeded.Bytes(32));
        var message = Message(seeded, key.Address);
        var signature = key.Sign(Permit2.Digest(message, new(31337)));
        Permit2.TryRecover(message, new(31337), signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(key.Address);
        foreach (var changed in (Permit2Authorization[])
            [message with { Token = key.Address }, message with { Amount = 0UL }, message with { Spender = key.Address }, message with { Nonce = 0UL }, message with { Deadline = 0UL }, message with { To = key.Address }, message with { ValidAfter = 1UL }])
        {
            (Permit2.TryRecover(changed, new(31337), signature, out var other) && other == key.Address).ShouldBeFalse();
        }

        (Permit2.TryRecover(message, new(1), signature, out var elsewhere) && elsewhere == key.Address).ShouldBeFalse();
        // The payer is not part of the message: Permit2 takes him as an argument, so he is compared and never trusted.
        Permit2.TryRecover(message with { From = message.To }, new(31337), signature, out var same).ShouldBeTrue();
        same.ShouldBe(key.Address);
    });

    private static Permit2Authorization Message(Seeded seeded, Address from) => new(
        from,
        new(seeded.Bytes(20)),
        UInt256.FromBigEndian(seeded.Bytes(32)),
        Permit2.ExactProxy,
        UInt256.FromBigEndian(seeded.Bytes(32)),
        seeded.NextUInt64(),
        new(seeded.Bytes(20)),
        0UL);
}
