using System.Text.Json.Nodes;
using Purser.Cli.Commands;
using Purser.Ethereum;

namespace Purser.Cli.Demo;

/// <summary>The steps of a demonstration as they happen: told to people at once, and kept for the JSON form.</summary>
public sealed class DemoTranscript(CommandContext context)
{
    private readonly List<(string Name, string Detail, Hash32? TransactionHash)> _steps = [];

    /// <summary>Tells and keeps a step.</summary>
    public void Step(string name, string detail, Hash32? transactionHash = null)
    {
        _steps.Add((name, detail, transactionHash));
        Tell($"[{_steps.Count,2}] {name}: {detail}");
        if (transactionHash is { } hash)
        {
            Tell($"     tx {hash}");
        }
    }

    /// <summary>Tells more about a step, to people only.</summary>
    public void Tell(string line)
    {
        if (!context.Json)
        {
            context.Console.Output.WriteLine(line);
        }
    }

    /// <summary>Every transaction that was named.</summary>
    public IEnumerable<Hash32> TransactionHashes => _steps.Where(s => s.TransactionHash is not null).Select(s => s.TransactionHash!.Value);

    /// <summary>The <c>data.steps[]</c> form.</summary>
    public JsonArray ToJson() => new([.. _steps.Select(step =>
    {
        var node = new JsonObject { ["name"] = step.Name, ["detail"] = step.Detail };
        if (step.TransactionHash is { } hash)
        {
            node["txHash"] = hash.ToString();
        }
        return (JsonNode)node;
    })]);
}
