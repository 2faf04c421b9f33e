using Purser.Testing;

namespace Purser.Ethereum.Tests.KnownAnswers;

public sealed class AddressVectorTests
{
    [Theory]
    [InlineData("ethers/v5_accounts.json", "checksumAddress", "addresses, checksums (EIP-55)")]
    [InlineData("ethers/v6_accounts.json", "address", "addresses, checksums, ethers 6")]
    public void ethers_addresses_have_the_same_checksums(string file, string member, string set)
    {
        var seen = 0;
        foreach (var vector in Vectors.Json(file).EnumerateArray())
        {
            var text = vector.GetProperty(member).GetString()!;
            var address = Address.Parse(text);
            address.ToString().ShouldBe(text);
            Address.Parse(vector.GetProperty("address").GetString()!.ToLowerInvariant()).ShouldBe(address);
            seen++;
        }

        VectorSets.Passed(set, seen);
    }
}
