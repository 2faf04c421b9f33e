using BenchmarkDotNet.Attributes;
using Purser.Ethereum;

namespace Purser.Bench;

/// <summary>The parts of a verified signature, one by one, with their allocations.</summary>
[MemoryDiagnoser]
public class CryptoBenchmarks
{
    private readonly PermitSet _permits = PermitSet.Create(64);
    private readonly byte[] _message = new byte[136];
    private readonly byte[] _publicKey = new byte[64];
    private readonly byte[] _compact = new byte[64];
    private int _next;

    /// <summary>EIP-712 hash of a permit, recover, compare the address.</summary>
    [Benchmark]
    public bool VerifyPermit() => _permits.Verify(_next++ & 63);

    /// <summary>EIP-712 hash of a permit, and verify under a known public key.</summary>
    [Benchmark]
    public bool VerifyPermitByKey() => _permits.VerifyByKey(_next++ & 63);

    /// <summary>The permit's digest alone.</summary>
    [Benchmark]
    public Hash32 HashPermit() => _permits.Digest(_next++ & 63);

    /// <summary>Recover by our own arithmetic.</summary>
    [Benchmark]
    public bool RecoverManaged() => _permits.Recover(Secp256k1.Managed, _next++ & 63, _compact, _publicKey);

    /// <summary>Recover on the path in use.</summary>
    [Benchmark]
    public bool Recover() => _permits.Recover(Secp256k1.Current, _next++ & 63, _compact, _publicKey);

    /// <summary>A signature by RFC 6979.</summary>
    [Benchmark]
    public Signature Sign() => _permits.Sign(_next++ & 63);

    /// <summary>Keccak-256 of 136 bytes: two permutations.</summary>
    [Benchmark]
    public void Keccak136() => Keccak256.Hash(_message, _message);
}
