using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Documents;

public sealed class TypedDataVectorTests
{
    [Theory]
    [InlineData("ethers/v5_eip712.json", "EIP-712, ethers 5")]
    [InlineData("ethers/v6_typed-data.json", "EIP-712, ethers 6")]
    public void ethers_documents_have_the_same_encoding_and_digest(string file, string set)
    {
        var count = 0;
        foreach (var vector in Vectors.Json(file).EnumerateArray())
        {
            var name = vector.GetProperty("name").GetString();
            var document = TypedData.Parse(Document(vector));
            Hex.Encode(document.EncodedData.Span).ShouldBe(vector.GetProperty("encoded").GetString(), name);
            document.Hash().ShouldBe(Hash32.Parse(vector.GetProperty("digest").GetString()!), name);
            // The second way to the same separator.
            document.Domain.Separator.ShouldBe(document.DomainSeparator, name);
            if (vector.TryGetProperty("signature", out var signature))
            {
                using var key = PrivateKey.FromBytes(Hex.Decode(vector.GetProperty("privateKey").GetString()));
                Secp256k1.TryRecover(document.Hash(), Signature.Parse(signature.GetString()!), out var signer).ShouldBeTrue();
                signer.ShouldBe(key.Address);
            }
            count++;
        }
        VectorSets.Passed(set, count);
    }

    private static string Document(JsonElement vector) => new JsonObject
    {
        ["types"] = JsonNode.Parse(vector.GetProperty("types").GetRawText()),
        ["primaryType"] = vector.GetProperty("primaryType").GetString(),
        ["domain"] = JsonNode.Parse(vector.GetProperty("domain").GetRawText()),
        ["message"] = JsonNode.Parse(vector.GetProperty("data").GetRawText()),
    }.ToJsonString();
}
