using Purser.Ethereum.Signatures;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Signatures;

public sealed class RecoveredKeysTests
{
    [Fact]
    public void What_is_remembered_is_what_would_be_computed() => Seeded.Run(20, seeded =>
    {
        var memory = new RecoveredKeys(8);
        using var key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Bytes);
        using var other = PrivateKey.FromBytes(Keccak256.Hash("other"u8).Bytes);
        var signed = Enumerable.Range(0, 40).Select(i => Keccak256.Hash([(byte)i])).Select(digest => (digest, Signature: key.Sign(digest))).ToList();
        for (var turn = 0; turn < 200; turn++)
        {
            var (digest, signature) = signed[seeded.Next(signed.Count)];
            memory.IsOfKey(key.Address, digest, signature.ToArray()).ShouldBeTrue();
            memory.IsOfKey(other.Address, digest, signature.ToArray()).ShouldBeFalse("remembered or not, it is another's");
            memory.IsOfKey(key.Address, Keccak256.Hash([(byte)turn, 1]), signature.ToArray()).ShouldBeFalse("the same signature under another digest is another question");
        }
    });

    [Fact]
    public void What_is_no_strict_signature_is_a_no_and_is_not_remembered()
    {
        var memory = new RecoveredKeys(1);
        using var key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Bytes);
        var digest = Keccak256.Hash("x"u8);
        var signature = key.Sign(digest).ToArray();
        signature[64] = 2;
        memory.IsOfKey(key.Address, digest, signature).ShouldBeFalse();
        memory.IsOfKey(key.Address, digest, signature.AsSpan(0, 64)).ShouldBeFalse();
        memory.IsOfKey(key.Address, digest, key.Sign(digest).ToArray()).ShouldBeTrue();
    }
}
