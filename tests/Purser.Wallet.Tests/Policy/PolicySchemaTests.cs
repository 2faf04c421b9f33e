using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Testing;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>The published schema and the reader say the same.</summary>
public sealed class PolicySchemaTests
{
    private const string Usdc = "eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    private const string Someone = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

    /// <summary>A policy that uses every member once.</summary>
    private const string Whole = $$"""
        {
          "$schema": "policy.schema.json", "version": 1, "paused": false, "maxPaymentsPerMinute": 5, "maxTimeoutSeconds": 600, "holdFirstPayment": true, "payeeCoolDownSeconds": 60,
          "approvalExpirySeconds": 900, "maxPendingApprovals": 20, "knownPayees": ["{{Someone}}"],
          "assets": [
            { "asset": "{{Usdc}}", "perPayment": "1.00 USDC", "perHour": "2 usdc", "perDay": "10000000", "per30Days": "100.5 USDC", "askAbove": "500000" },
            { "asset": "eip155:84532/slip44:60", "perPayment": "0.01 ETH", "perDay": "1000000000000000000" }
          ],
          "allowOrigins": ["https://api.example", "http://127.0.0.1:4020"], "allowPayees": ["{{Someone}}"],
          "origins": [{ "origin": "https://api.example", "asset": "{{Usdc}}", "perPayment": "1", "perHour": "1", "perDay": "5", "per30Days": "9", "askAbove": "1" }],
          "payees": [{ "payee": "{{Someone}}", "asset": "{{Usdc}}", "perPayment": "1", "perHour": "1", "perDay": "5", "per30Days": "9", "askAbove": "1" }],
          "transfers": [{ "asset": "{{Usdc}}", "perTransfer": "5 USDC", "payees": ["{{Someone}}"] }],
          "spenders": [{ "asset": "{{Usdc}}", "spender": "{{Someone}}", "atMost": "5 USDC" }],
          "contracts": [{
            "network": "eip155:84532", "contract": "{{Someone}}", "function": "stake(uint256 amount, address to, uint64[] epochs)", "maxValue": "0.001 ETH",
            "arguments": [{ "name": "amount", "atLeast": "1", "atMost": "100" }, { "name": "to", "oneOf": ["self", "{{Someone}}"] }, { "name": "epochs", "maxCount": 64 }],
            "spends": [{ "asset": "{{Usdc}}", "argument": "amount" }]
          }],
          "gas": [{ "network": "eip155:84532", "maxGas": 1000000, "maxFeePerGas": "2 gwei", "perDay": "0.02 ETH" }],
          "signIn": { "domains": ["casino.example", "127.0.0.1:*"] },
          "typedData": [{ "primaryType": "TransferWithAuthorization", "network": "eip155:84532", "verifyingContract": "{{Someone}}" }]
        }
        """;

    private static readonly JsonElement s_schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root(), "docs", "policy.schema.json"))).RootElement;

    [Fact]
    public void Every_member_that_the_reader_knows_stands_in_the_schema_and_the_other_way_round()
    {
        var shapes = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["policy"] = PolicyMembers.Policy, ["asset"] = PolicyMembers.Asset, ["originRule"] = PolicyMembers.Origin, ["payeeRule"] = PolicyMembers.Payee, ["transfer"] = PolicyMembers.Transfer,
            ["spender"] = PolicyMembers.Spender, ["contract"] = PolicyMembers.Contract, ["argument"] = PolicyMembers.Argument, ["spends"] = PolicyMembers.Spends, ["gas"] = PolicyMembers.Gas,
            ["signIn"] = PolicyMembers.SignIn, ["typedData"] = PolicyMembers.TypedData,
        };
        shapes.Count.ShouldBe(typeof(PolicyMembers).GetFields(BindingFlags.Public | BindingFlags.Static).Length);
        var objects = s_schema.GetProperty("$defs").EnumerateObject().Where(shape => shape.Value.GetProperty("type").GetString() == "object").ToList();
        objects.Select(shape => shape.Name).ShouldBe(shapes.Keys, ignoreOrder: true);
        foreach (var shape in objects)
        {
            shape.Value.GetProperty("properties").EnumerateObject().Select(member => member.Name).ShouldBe(shapes[shape.Name], ignoreOrder: true, shape.Name);
        }
    }

    [Fact]
    public void A_policy_that_uses_every_member_is_read_and_keeps_the_schema_and_so_do_the_presets()
    {
        ShouldAgree(Whole).ShouldBeTrue();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Collect(JsonNode.Parse(Whole)!, names);
        names.ShouldBe(typeof(PolicyMembers).GetFields(BindingFlags.Public | BindingFlags.Static).SelectMany(field => (string[])field.GetValue(null)!).Distinct(), ignoreOrder: true);
        foreach (var name in PolicyPresets.Names)
        {
            PolicyPresets.TryMake(name, TestMandate.Registry, out var preset).ShouldBeTrue();
            ShouldAgree(Encoding.UTF8.GetString(PolicyJson.Write(preset!))).ShouldBeTrue(name);
        }
    }

    [Fact]
    public void The_example_of_the_documents_is_a_policy()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "policy.md"));
        var text = page.Split("```json\n")[1].Split("```")[0];
        PolicyJson.TryParse(Encoding.UTF8.GetBytes(text), Protocol.Assets.AssetRegistry.BuiltIn, out var policy, out var refusal).ShouldBeTrue(refusal?.ToString());
        ShouldAgree(Encoding.UTF8.GetString(PolicyJson.Write(policy!))).ShouldBeTrue();
        foreach (var member in PolicyMembers.Policy)
        {
            page.ShouldContain(member);
        }
    }

    [Fact]
    public void What_the_schema_refuses_the_reader_refuses_for_every_change_of_one_value()
    {
        var (refused, total) = (0, 0);
        foreach (var path in Paths(JsonNode.Parse(Whole)!, []))
        {
            foreach (var value in (string?[])[null, "null", "true", "0", "-1", "1.5", "1e3", "999999999999", "\"\"", "\"-1\"", "\"1.00 EUR\"", "\"x\"", "\"self\"", "\"EIP155:1\"", "\"0x12\"", "[]", "[1]", "[\"x\",\"x\"]", "{}", "{\"x\":1}"])
            {
                refused += ShouldAgree(Change(path, value)) ? 0 : 1;
                total++;
            }
        }

        refused.ShouldBeGreaterThan(total * 3 / 4);
        refused.ShouldBeLessThan(total);
    }

    [Fact]
    public void What_the_schema_refuses_the_reader_refuses_for_random_changes() => Seeded.Run(Tier.Pick(200, 20_000), random =>
    {
        var values = Paths(JsonNode.Parse(Whole)!, []);
        var text = Whole;
        for (var i = random.Between(1, 3); i > 0; i--)
        {
            var from = JsonNode.Parse(Whole)!;
            foreach (var step in random.Pick(values))
            {
                from = step is int index ? from[index]! : from[(string)step]!;
            }

            try
            {
                text = Change(random.Pick(values), random.OneIn(4) ? null : from.ToJsonString(), text);
            }
            catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException or NullReferenceException)
            {
                // The place is gone by an earlier change.
            }
        }

        ShouldAgree(text);
    });

    // Whether the reader took it; what it took keeps the schema.
    private static bool ShouldAgree(string text)
    {
        var broken = new SmallSchema(s_schema).FindBroken(JsonDocument.Parse(text).RootElement);
        var read = PolicyJson.TryParse(Encoding.UTF8.GetBytes(text), TestMandate.Registry, out _, out _);
        (read && broken is not null).ShouldBeFalse($"the reader takes what the schema refuses at {broken}: {text}");
        return read;
    }

    private static string Change(IReadOnlyList<object> path, string? value, string text = Whole)
    {
        var root = JsonNode.Parse(text)!;
        var at = root;
        foreach (var step in path.SkipLast(1))
        {
            at = step is int index ? at[index]! : at[(string)step]!;
        }

        switch (path[^1])
        {
            case int index when value is null:
                at.AsArray().RemoveAt(index);
                break;
            case int index:
                at.AsArray()[index] = JsonNode.Parse(value);
                break;
            case string name when value is null:
                at.AsObject().Remove(name);
                break;
            case string name:
                at.AsObject()[name] = JsonNode.Parse(value);
                break;
        }

        return root.ToJsonString();
    }

    private static List<List<object>> Paths(JsonNode node, List<object> here)
    {
        var paths = new List<List<object>>();
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    paths.Add([.. here, name]);
                    paths.AddRange(Paths(value!, [.. here, name]));
                }

                break;
            case JsonArray elements:
                for (var i = 0; i < elements.Count; i++)
                {
                    paths.Add([.. here, i]);
                    paths.AddRange(Paths(elements[i]!, [.. here, i]));
                }

                break;
        }

        return paths;
    }

    private static void Collect(JsonNode node, HashSet<string> names)
    {
        foreach (var path in Paths(node, []))
        {
            if (path[^1] is string name)
            {
                names.Add(name);
            }
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Purser.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("the repository's root");
    }
}
