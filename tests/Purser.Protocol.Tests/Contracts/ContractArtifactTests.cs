using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Protocol.Contracts;

namespace Purser.Protocol.Tests.Contracts;

public sealed class ContractArtifactTests
{
    [Fact]
    public void Test_usd_is_embedded_with_its_code_and_its_abi()
    {
        ContractArtifact artifact = ContractArtifacts.TestUsd;

        artifact.Name.ShouldBe("TestUSD");
        artifact.Compiler.ShouldStartWith("0.8.37+commit.");
        // Solidity puts the runtime code behind the constructor, which returns it with the immutables filled in.
        artifact.CreationCode.Span[^artifact.RuntimeCode.Length..].SequenceEqual(artifact.RuntimeCode.Span).ShouldBeTrue();
        artifact.ImmutableReferences.ShouldNotBeEmpty();
        artifact.ImmutableReferences.ShouldAllBe(at => at.Length == 32);
    }

    [Theory]
    [InlineData("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)")]
    [InlineData("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)")]
    [InlineData("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)")]
    [InlineData("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)")]
    [InlineData("cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)")]
    [InlineData("cancelAuthorization(address,bytes32,bytes)")]
    [InlineData("authorizationState(address,bytes32)")]
    [InlineData("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)")]
    [InlineData("permit(address,address,uint256,uint256,bytes)")]
    [InlineData("mint(address,uint256)")]
    [InlineData("version()")]
    public void Test_usd_has_the_function(string signature)
    {
        using JsonDocument abi = JsonDocument.Parse(ContractArtifacts.TestUsd.Abi);
        IEnumerable<string> functions =
            from item in abi.RootElement.EnumerateArray()
            where item.GetProperty("type").GetString() == "function"
            let types = item.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("type").GetString())
            select $"{item.GetProperty("name").GetString()}({string.Join(',', types)})";

        functions.ShouldContain(signature);
    }

    [Fact]
    public void Deployed_code_is_recognised_whatever_its_immutables()
    {
        byte[] deployed = Deployed();
        ContractArtifacts.TestUsd.IsRuntime(deployed).ShouldBeTrue();
    }

    [Fact]
    public void Code_with_any_other_byte_changed_is_not_recognised()
    {
        byte[] deployed = Deployed();
        for (var at = 0; at < deployed.Length; at++)
        {
            bool immutable = ContractArtifacts.TestUsd.ImmutableReferences.Any(r => at >= r.Start && at < r.Start + r.Length);
            deployed[at] ^= 0x01;
            ContractArtifacts.TestUsd.IsRuntime(deployed).ShouldBe(immutable, $"byte {at}");
            deployed[at] ^= 0x01;
        }
    }

    [Fact]
    public void Code_of_another_length_is_not_recognised()
    {
        byte[] deployed = Deployed();
        ContractArtifacts.TestUsd.IsRuntime([]).ShouldBeFalse();
        ContractArtifacts.TestUsd.IsRuntime(deployed.AsSpan(..^1)).ShouldBeFalse();
        ContractArtifacts.TestUsd.IsRuntime([.. deployed, 0]).ShouldBeFalse();
    }

    [Fact]
    public void A_well_formed_artifact_is_read()
    {
        ContractArtifact artifact = Parse(Small());

        artifact.Name.ShouldBe("Small");
        artifact.Abi.ShouldBe("[]");
        artifact.CreationCode.ToArray().ShouldBe([0x60, 0x01, 0x00]);
        artifact.RuntimeCode.ToArray().ShouldBe([0x00, 0xfe]);
        artifact.ImmutableReferences.ShouldBe([new ImmutableReference(0, 1)]);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("compiler")]
    [InlineData("evmVersion")]
    [InlineData("optimizerRuns")]
    [InlineData("abi")]
    [InlineData("immutableReferences")]
    [InlineData("creationCode")]
    [InlineData("runtimeCode")]
    public void A_missing_or_null_or_repeated_member_is_refused_by_name(string member)
    {
        JsonObject without = Small();
        without.Remove(member);
        Refused(without.ToJsonString()).ShouldContain(member);

        JsonObject empty = Small();
        empty[member] = null;
        Refused(empty.ToJsonString()).ShouldContain(member);

        string text = Small().ToJsonString();
        // The reader cuts long names in its message.
        Refused($"{text[..^1]},\"{member}\":{Small()[member]!.ToJsonString()}}}").ShouldContain(member[..Math.Min(member.Length, 12)]);
    }

    [Fact]
    public void An_unknown_member_is_refused_by_name()
    {
        JsonObject artifact = Small();
        artifact["source"] = "contract Small {}";
        Refused(artifact.ToJsonString()).ShouldContain("source");
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("6001")]
    [InlineData("0X6001")]
    [InlineData("0x600")]
    [InlineData("0x60 1")]
    [InlineData("0x__$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa$__")]
    public void Code_that_is_not_hex_is_refused(string code)
    {
        foreach (string member in new[] { "creationCode", "runtimeCode" })
        {
            JsonObject artifact = Small();
            artifact[member] = code;
            Refused(artifact.ToJsonString()).ShouldContain(member);
        }
    }

    [Theory]
    [InlineData("""[{"start":2,"length":1}]""")]
    [InlineData("""[{"start":1,"length":2}]""")]
    [InlineData("""[{"start":-1,"length":1}]""")]
    [InlineData("""[{"start":0,"length":0}]""")]
    [InlineData("""[{"start":0,"length":-1}]""")]
    [InlineData("""[{"start":2147483647,"length":2147483647}]""")]
    [InlineData("""[{"start":4294967296,"length":1}]""")]
    [InlineData("""[{"start":0.5,"length":1}]""")]
    [InlineData("""[{"start":1,"length":1},{"start":0,"length":1}]""")]
    [InlineData("""[{"start":0,"length":1},{"start":0,"length":1}]""")]
    [InlineData("""[{"start":0}]""")]
    [InlineData("""[{"start":0,"length":1,"name":"x"}]""")]
    [InlineData("""[{"start":"0","length":1}]""")]
    [InlineData("""[[0,1]]""")]
    [InlineData("""{}""")]
    public void Immutable_references_outside_the_code_or_out_of_order_are_refused(string references)
    {
        JsonObject artifact = Small();
        artifact["immutableReferences"] = JsonNode.Parse(references);
        Refused(artifact.ToJsonString());
    }

    [Fact]
    public void Every_truncation_and_anything_behind_is_refused()
    {
        string text = Small().ToJsonString();
        for (var length = 0; length < text.Length; length++)
        {
            Refused(text[..length]);
        }

        Refused(text + "{}");
        Refused("[]");
        Refused("null");
    }

    private static JsonObject Small() => new()
    {
        ["name"] = "Small",
        ["compiler"] = "0.8.37",
        ["evmVersion"] = "cancun",
        ["optimizerRuns"] = 1,
        ["abi"] = new JsonArray(),
        ["immutableReferences"] = new JsonArray(new JsonObject { ["start"] = 0, ["length"] = 1 }),
        ["creationCode"] = "0x600100",
        ["runtimeCode"] = "0x00fe",
    };

    private static ContractArtifact Parse(JsonObject artifact) =>
        ContractArtifact.Parse(Encoding.UTF8.GetBytes(artifact.ToJsonString()));

    private static string Refused(string json) =>
        Should.Throw<FormatException>(() => ContractArtifact.Parse(Encoding.UTF8.GetBytes(json))).Message;

    /// <summary>The runtime code as a constructor leaves it: every immutable filled in.</summary>
    private static byte[] Deployed()
    {
        byte[] code = ContractArtifacts.TestUsd.RuntimeCode.ToArray();
        foreach (ImmutableReference at in ContractArtifacts.TestUsd.ImmutableReferences)
        {
            code.AsSpan(at.Start, at.Length).Fill(0xa5);
        }

        return code;
    }
}
