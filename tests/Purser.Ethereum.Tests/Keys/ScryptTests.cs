using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum.Tests.Crypto;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Keys;

public sealed class ScryptTests
{
    [Theory]
    // RFC 7914, 12.
    [InlineData("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [InlineData("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    public void the_vectors_of_rfc_7914_hold(string password, string salt, int n, int r, int p, string expected)
    {
        var output = new byte[64];
        Scrypt.DeriveKey(Encoding.ASCII.GetBytes(password), Encoding.ASCII.GetBytes(salt), n, r, p, output);
        Convert.ToHexStringLower(output).ShouldBe(expected);
    }

    [Fact]
    public void ethers_password_hashes_agree()
    {
        var (scrypt, pbkdf2) = (0, 0);
        foreach (var vector in Vectors.Json("ethers/v6_pbkdf.json").EnumerateArray())
        {
            var (password, salt) = (vector.Bytes("password"), vector.Bytes("salt"));
            var output = new byte[vector.GetProperty("dkLen").GetInt32()];
            var cost = vector.GetProperty("scrypt");
            Scrypt.DeriveKey(password, salt, cost.GetProperty("N").GetInt32(), cost.GetProperty("r").GetInt32(), cost.GetProperty("p").GetInt32(), output);
            output.ShouldBe(cost.Bytes("key"));
            scrypt++;

            var other = vector.GetProperty("pbkdf2");
            var algorithm = other.GetProperty("algorithm").GetString() == "sha256" ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512;
            Rfc2898DeriveBytes.Pbkdf2(password, salt, output, other.GetProperty("iterations").GetInt32(), algorithm);
            output.ShouldBe(other.Bytes("key"));
            pbkdf2++;
        }

        VectorSets.Passed("scrypt", scrypt);
        VectorSets.Passed("PBKDF2", pbkdf2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(-2)]
    public void n_must_be_a_power_of_two(int n) =>
        Should.Throw<ArgumentOutOfRangeException>(() => Scrypt.DeriveKey([], [], n, 1, 1, new byte[32]));
}
