using System.Security.Cryptography;
using System.Text.Json;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

public sealed class PrivateKeyTests
{
    // The first account of the public development mnemonic "test test test test test test test test test test test junk".
    private const string DevelopmentKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    [Fact]
    public void text_and_json_never_show_the_secret()
    {
        using var key = PrivateKey.FromBytes(Backends.Bytes(DevelopmentKey));
        key.ToString().ShouldBe("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        Should.Throw<NotSupportedException>(() => JsonSerializer.Serialize(key));
        Should.Throw<NotSupportedException>(() => JsonSerializer.Serialize(new { Held = key }));
        Should.Throw<NotSupportedException>(() => JsonSerializer.Deserialize<PrivateKey>("{}"));
    }

    [Fact]
    public void a_disposed_key_signs_nothing_and_exports_nothing()
    {
        var key = PrivateKey.FromBytes(Backends.Bytes(DevelopmentKey));
        key.Dispose();
        key.Dispose();
        Should.Throw<ObjectDisposedException>(() => key.Sign(Hash32.Zero));
        Should.Throw<ObjectDisposedException>(() => key.ExportBytes(new byte[32]));
        key.Address.ShouldBe(Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000001")]
    public void bytes_out_of_range_are_no_key(string hex)
    {
        Should.Throw<ArgumentException>(() => PrivateKey.FromBytes(Convert.FromHexString(hex)));
        PrivateKey.TryFromBytes(Convert.FromHexString(hex), out var key).ShouldBeFalse();
        key.ShouldBeNull();
    }

    [Fact]
    public void the_largest_secret_is_a_key()
    {
        using var key = PrivateKey.FromBytes(Backends.Bytes("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"));
        key.Address.ShouldBe(Address.Parse("0x80C0dbf239224071c59dD8970ab9d542E3414aB2"));
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void a_generated_key_signs_and_is_recovered(string backend) => Seeded.Run(3, seeded =>
    {
        using var key = PrivateKey.Generate(new Drawn(seeded.Fill), Backends.Get(backend));
        for (var i = 0; i < 20; i++)
        {
            var digest = new Hash32(seeded.Bytes(32));
            var signature = key.Sign(digest);
            Secp256k1.TryRecover(digest, signature, out var address).ShouldBeTrue();
            address.ShouldBe(key.Address);
            Secp256k1.Verify(digest.Bytes, signature.R.Bytes, signature.S.Bytes, key.PublicKey).ShouldBeTrue();
        }
    }, $"a_generated_key_signs_and_is_recovered {backend}");

    [Fact]
    public void a_draw_out_of_range_is_drawn_again_and_a_broken_source_is_a_fault()
    {
        var draws = 0;
        using var key = PrivateKey.Generate(new Drawn(bytes => bytes.Fill(draws++ == 0 ? (byte)0xff : (byte)7)));
        draws.ShouldBe(2);
        Should.Throw<CryptographicException>(() => PrivateKey.Generate(new Drawn(bytes => bytes.Clear())));
    }

    [Fact]
    public void recover_takes_the_strict_form_and_the_raw_form_takes_high_s()
    {
        using var key = PrivateKey.FromBytes(Backends.Bytes(DevelopmentKey));
        var digest = Keccak256.Hash("one message"u8);
        var low = key.Sign(digest);
        var high = Hash32.FromUInt256(Signature.Order - low.S.ToUInt256());
        var publicKey = new byte[64];

        Signature.TryCreate(low.R, high, 27, out var refused).ShouldBeFalse();
        Secp256k1.TryRecover(digest, refused, out _).ShouldBeFalse();
        Secp256k1.TryRecoverRaw(digest.Bytes, low.R.Bytes, high.Bytes, 1 - low.YParity, publicKey).ShouldBeTrue();
        publicKey.ShouldBe(key.PublicKey.ToArray());
        Secp256k1.TryRecoverRaw(digest.Bytes, low.R.Bytes, low.S.Bytes, low.YParity + 2, publicKey).ShouldBeFalse();
        Secp256k1.TryRecoverRaw(digest.Bytes, low.R.Bytes, low.S.Bytes, -1, publicKey).ShouldBeFalse();
        Secp256k1.TryRecoverRaw(digest.Bytes, Hash32.Zero.Bytes, low.S.Bytes, 0, publicKey).ShouldBeFalse();
        Secp256k1.TryRecoverRaw(digest.Bytes, low.R.Bytes, Hash32.Zero.Bytes, 0, publicKey).ShouldBeFalse();
        Secp256k1.TryRecoverRaw(digest.Bytes, Hash32.FromUInt256(Signature.Order).Bytes, low.S.Bytes, 0, publicKey).ShouldBeFalse();
    }

    [Fact]
    public void spans_of_another_length_are_refused_by_name()
    {
        Should.Throw<ArgumentException>(() => Secp256k1.TryRecoverRaw(new byte[31], new byte[32], new byte[32], 0, new byte[64])).ParamName.ShouldBe("hash32");
        Should.Throw<ArgumentException>(() => Secp256k1.TryRecoverRaw(new byte[32], new byte[33], new byte[32], 0, new byte[64])).ParamName.ShouldBe("r32");
        Should.Throw<ArgumentException>(() => Secp256k1.Verify(new byte[32], new byte[32], new byte[32], new byte[65])).ParamName.ShouldBe("publicKey64");
        Secp256k1.TryParsePublicKey([], new byte[64]).ShouldBeFalse();
    }

    private sealed class Drawn(Drawn.Filler fill) : IRandom
    {
        internal delegate void Filler(Span<byte> bytes);

        public void Fill(Span<byte> destination) => fill(destination);
    }
}
