using System.Numerics;
using BenchmarkDotNet.Attributes;
using Purser.Ethereum;

namespace Purser.Bench;

/// <summary>256-bit arithmetic beside the base library's arbitrary-size integers.</summary>
[MemoryDiagnoser]
public class UInt256Benchmarks
{
    private readonly UInt256 _a = UInt256.Parse("0xf4a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f");
    private readonly UInt256 _b = UInt256.Parse("0x9b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a");
    private readonly UInt256 _threeLimbs = UInt256.Parse("0xc5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3d");
    private readonly UInt256 _modulus = Signature.Order;
    private readonly BigInteger _bigA;
    private readonly BigInteger _bigB;
    private readonly BigInteger _bigThreeLimbs;
    private readonly BigInteger _bigModulus;

    /// <summary>The same numbers in both forms.</summary>
    public UInt256Benchmarks() => (_bigA, _bigB, _bigThreeLimbs, _bigModulus) = (_a, _b, _threeLimbs, _modulus);

    /// <summary>256 by 256 bits, the low half.</summary>
    [Benchmark]
    public UInt256 Multiply() => UInt256.MultiplyWrapping(_a, _b);

    /// <summary>256 by 192 bits.</summary>
    [Benchmark]
    public UInt256 Divide() => _a / _threeLimbs;

    /// <summary>The same in BigInteger.</summary>
    [Benchmark]
    public BigInteger DivideBig() => _bigA / _bigThreeLimbs;

    /// <summary>512 bits by 256.</summary>
    [Benchmark]
    public UInt256 MultiplyMod() => UInt256.MultiplyMod(_a, _b, _modulus);

    /// <summary>The same in BigInteger.</summary>
    [Benchmark]
    public BigInteger MultiplyModBig() => _bigA * _bigB % _bigModulus;

    /// <summary>An exponent of 256 bits, an odd modulus.</summary>
    [Benchmark]
    public UInt256 ModPow() => UInt256.ModPow(_a, _b, _modulus);

    /// <summary>The same in BigInteger.</summary>
    [Benchmark]
    public BigInteger ModPowBig() => BigInteger.ModPow(_bigA, _bigB, _bigModulus);
}
