using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum.Tests.Crypto;
using Purser.Ethereum.Tests.Rlp;
using Purser.Testing;

namespace Purser.Ethereum.Tests.KnownAnswers;

/// <summary>
/// The official basic tests that concern this layer. Their other files are of proof of work's difficulty, of the trie's key
/// encoding, and of the peer-to-peer network's ciphers (AES-256, ECIES), none of which is here.
/// </summary>
public sealed class BasicVectorTests
{
    // The file's third member, a signature of the empty string, does not say of which digest; no digest that was tried recovers.
    [Fact]
    public void keys_are_hashes_of_their_words_and_have_their_addresses()
    {
        var seen = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/basic_keys.json").EnumerateArray())
        {
            Keccak256.Hash(Encoding.ASCII.GetBytes(vector.GetProperty("seed").GetString()!)).ToArray().ShouldBe(vector.Bytes("key"));
            using var key = PrivateKey.FromBytes(vector.Bytes("key"));
            key.Address.ToArray().ShouldBe(vector.Bytes("addr"));
            seen++;
        }

        VectorSets.Passed("keys and addresses, basic", seen);
    }

    [Fact]
    public void the_first_transactions_have_their_forms_and_senders_and_high_s_is_refused_at_the_door()
    {
        var seen = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/basic_transactions.json").EnumerateArray())
        {
            using var key = PrivateKey.FromBytes(vector.Bytes("key"));
            var signed = vector.Bytes("signed");
            var fields = (List<object>)RlpWalk.Read(signed);
            RlpWalk.Write(fields).ShouldBe(signed);
            RlpWalk.Write(new List<object>([.. fields.Take(6), Array.Empty<byte>(), Array.Empty<byte>(), Array.Empty<byte>()])).ShouldBe(vector.Bytes("unsigned"));

            var digest = Keccak256.Hash(RlpWalk.Write(fields.Take(6).ToList()));
            var (r, s) = (Hash32.FromUInt256(UInt256.FromBigEndian((byte[])fields[7])), Hash32.FromUInt256(UInt256.FromBigEndian((byte[])fields[8])));
            Recover(digest, r, s, ((byte[])fields[6])[0]).ShouldBe(key.Address);

            // The second one is from before EIP-2 and has a high s.
            var low = s.ToUInt256() <= Signature.Order >> 1;
            SignedTransaction.TryDecode(signed, null, out var transaction, out _).ShouldBe(low);
            transaction?.From.ShouldBe(key.Address);
            seen++;
        }

        VectorSets.Passed("transactions, basic", seen);
    }

    [Fact]
    public void the_genesis_block_has_its_hash_and_state_root()
    {
        var vector = Vectors.Json("ethereum-tests/basic_genesis.json");
        var bytes = vector.Bytes("genesis_rlp_hex");
        var block = (List<object>)RlpWalk.Read(bytes);
        RlpWalk.Write(block).ShouldBe(bytes);
        var header = (List<object>)block[0];
        Keccak256.Hash(RlpWalk.Write(header)).ToArray().ShouldBe(vector.Bytes("genesis_hash"));
        ((byte[])header[3]).ShouldBe(vector.Bytes("genesis_state_root"));
        VectorSets.Passed("genesis block, basic", 1);
    }

    [Fact]
    public void early_blocks_go_through_rlp_unchanged()
    {
        var seen = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/basic_blocks.json").EnumerateArray())
        {
            var bytes = vector.Bytes("result");
            RlpWalk.Write(RlpWalk.Read(bytes)).ShouldBe(bytes);
            seen++;
        }

        VectorSets.Passed("early blocks, basic", seen);
    }

    /// <summary>BIP-32 and BIP-39 stand on the base library's HMAC and PBKDF2.</summary>
    [Fact]
    public void ethers_hmacs_agree()
    {
        var seen = 0;
        foreach (var vector in Vectors.Json("ethers/v6_hmac.json").EnumerateArray())
        {
            var (key, data) = (vector.Bytes("key"), vector.Bytes("data"));
            var mac = vector.GetProperty("algorithm").GetString() == "sha256" ? HMACSHA256.HashData(key, data) : HMACSHA512.HashData(key, data);
            mac.ShouldBe(vector.Bytes("hmac"), vector.GetProperty("name").GetString());
            seen++;
        }

        VectorSets.Passed("HMAC", seen);
    }

    private static Address Recover(in Hash32 digest, in Hash32 r, in Hash32 s, int v)
    {
        var publicKey = new byte[64];
        Secp256k1.TryRecoverRaw(digest.Bytes, r.Bytes, s.Bytes, v - 27, publicKey).ShouldBeTrue();
        return Secp256k1.AddressOf(publicKey);
    }
}
