using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

public sealed class CompactSignatureTests
{
    [Theory]
    // EIP-2098, "Test Cases": key 0x1234… over two personal messages.
    [InlineData(
        "0x68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90", "0x7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064", 27,
        "0x68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b907e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064", "Hello World")]
    [InlineData(
        "0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76", "0x139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793", 28,
        "0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793", "It's a small(er) world")]
    public void the_examples_of_eip_2098_hold_both_ways(string r, string s, int v, string compact, string message)
    {
        Signature.TryCreate(Hash32.Parse(r), Hash32.Parse(s), v, out var signature).ShouldBeTrue();
        Hex.Encode(signature.ToCompact()).ShouldBe(compact);
        Signature.TryReadCompact(Hex.Decode(compact), out var back).ShouldBeTrue();
        back.ShouldBe(signature);

        // The account of the key that the EIP names.
        Secp256k1.TryRecover(Eip191.HashPersonalMessage(message), signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(Address.Parse("0x2e988A386a799F506693793c6A5AF6B54dfAaBfB"));
    }

    [Fact]
    public void every_signature_goes_through_its_compact_form() => Seeded.Run(Tier.Pick(50, 5_000), random =>
    {
        PrivateKey.TryFromBytes(random.Bytes(32), out var key).ShouldBeTrue();
        using (key)
        {
            var signature = key!.Sign(new Hash32(random.Bytes(32)));
            Signature.TryReadCompact(signature.ToCompact(), out var back).ShouldBeTrue();
            back.ShouldBe(signature);
        }
    });

    [Fact]
    public void what_is_no_strict_compact_signature_is_refused()
    {
        var one = Hash32.FromUInt256(1);
        var half = Signature.Order >> 1;
        Reads(one, Hash32.FromUInt256(half)).ShouldBeTrue();
        Reads(one, Hash32.FromUInt256(half | (UInt256.One << 255))).ShouldBeTrue();

        Reads(one, Hash32.FromUInt256(half + 1)).ShouldBeFalse();
        Reads(one, Hash32.FromUInt256((half + 1) | (UInt256.One << 255))).ShouldBeFalse();
        Reads(one, Hash32.Zero).ShouldBeFalse();
        Reads(one, Hash32.FromUInt256(UInt256.One << 255)).ShouldBeFalse();
        Reads(Hash32.Zero, one).ShouldBeFalse();
        Reads(Hash32.FromUInt256(Signature.Order), one).ShouldBeFalse();
        foreach (var length in new[] { 0, 1, 63, 65 })
        {
            Signature.TryReadCompact(new byte[length], out _).ShouldBeFalse();
        }

        Should.Throw<InvalidOperationException>(() => default(Signature).ToCompact());
        Should.Throw<ArgumentException>(() => Sample().WriteCompact(new byte[63]));
    }

    private static Signature Sample()
    {
        Signature.TryCreate(Hash32.FromUInt256(1), Hash32.FromUInt256(1), 28, out var signature).ShouldBeTrue();
        return signature;
    }

    private static bool Reads(Hash32 r, Hash32 s) => Signature.TryReadCompact([.. r.ToArray(), .. s.ToArray()], out _);
}
