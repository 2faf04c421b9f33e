using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Wallet.Approvals;
using Purser.Wallet.Policy;

namespace Purser.Cli.Commands;

/// <summary><c>purser policy show · set · test</c>: the mandate. Tightening is immediate; loosening takes the approver's secret at a terminal.</summary>
public static class PolicyCommands
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("policy", "What the wallet may sign without asking.", Show(output), Set(output), PolicyTestCommand.Make(output));

    /// <summary>The policy in force.</summary>
    /// <exception cref="CliRefusalException">There is none, and nothing is signed (exit 4).</exception>
    public static async Task<PolicyReading.InForce> LoadAsync(PolicyKeeper keeper, CancellationToken cancellationToken) => await keeper.LoadAsync(cancellationToken) switch
    {
        PolicyReading.InForce read => read,
        PolicyReading.Refused refused => throw new CliRefusalException(WalletRefusals.ToResult(refused.Reason)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>A cap over time as the commands show it.</summary>
    public static JsonObject Describe(PolicyWindow window, AssetRegistry registry) => new()
    {
        ["rule"] = window.Rule,
        ["asset"] = window.Asset,
        ["windowSeconds"] = (long)window.Window.TotalSeconds,
        ["cap"] = window.Cap.ToString(),
        ["spent"] = window.Spent.ToString(),
        ["left"] = window.Left.ToString(),
        ["display"] = $"{Shown(window.Spent, window.Asset, registry)} of {Shown(window.Cap, window.Asset, registry)}",
    };

    /// <summary>The same for people, one line.</summary>
    public static string Line(PolicyWindow window, AssetRegistry registry) =>
        string.Create(CultureInfo.InvariantCulture, $"  {window.Rule,-22} {Shown(window.Spent, window.Asset, registry)} of {Shown(window.Cap, window.Asset, registry)} within {window.Window.TotalHours} h");

    private static Command Show(CliOutput output) => PurserCommand.Make(output, "show", "The policy in force, and what is spent of its caps.", [], async (context, token) =>
    {
        await using var session = await DataSession.OpenAsync(context, null, token);
        var keeper = await session.OpenPolicyAsync(token);
        var (policy, hash) = await LoadAsync(keeper, token);
        var windows = await keeper.ReadWindowsAsync(policy, token);
        return new CliResult.Ok(new JsonObject
        {
            ["file"] = Path.Combine(context.DataDirectory, PolicyFile.FileName),
            ["hash"] = hash.ToString(),
            ["policy"] = Json(policy),
            ["windows"] = new JsonArray([.. windows.Select(window => (JsonNode)Describe(window, session.Registry))]),
        })
        {
            Text =
            [
                $"{Path.Combine(context.DataDirectory, PolicyFile.FileName)} ({hash})",
                .. System.Text.Encoding.UTF8.GetString(PolicyJson.Write(policy)).TrimEnd().Split('\n'),
                "spent:",
                .. windows.Select(window => Line(window, session.Registry)),
            ],
        };
    });

    private static Command Set(CliOutput output)
    {
        var file = new Argument<string?>("file") { Description = "The new policy; - reads it from standard input.", Arity = ArgumentArity.ZeroOrOne };
        var preset = new Option<string?>("--preset") { Description = $"One of {string.Join(", ", PolicyPresets.Names)}.", HelpName = "NAME" };
        var pause = new Option<bool>("--pause") { Description = "Nothing is signed until the pause is ended." };
        var resume = new Option<bool>("--resume") { Description = "Ends the pause." };
        return PurserCommand.Make(output, "set", "Replaces the policy. What is tighter holds at once; what is looser takes the approver's secret.", [file, preset, pause, resume], async (context, token) =>
        {
            var parsed = context.Parsed;
            var (path, name) = (parsed.GetValue(file), parsed.GetValue(preset));
            if ((path is null ? 0 : 1) + (name is null ? 0 : 1) + (parsed.GetValue(pause) ? 1 : 0) + (parsed.GetValue(resume) ? 1 : 0) != 1)
            {
                return CliResult.Usage("usage", "Give one of: a file, --preset, --pause, --resume.", "Run 'purser policy set --help'.");
            }
            var given = path is null ? null : await ReadAsync(context, path, token);
            await using var session = await DataSession.OpenAsync(context, null, token);
            var keeper = await session.OpenPolicyAsync(token);
            var text = given ?? (name is not null ? Preset(name, session.Registry) : await EditAsync(keeper, parsed.GetValue(pause), token));
            if (!PolicyJson.TryParse(text, session.Registry, out var next, out var wrong))
            {
                return CliResult.Usage("policy_malformed", $"The policy cannot be read: {wrong}", "Mend it; the policy in force stays as it is.");
            }
            return await SetAsync(context, session, keeper, text, next, token);
        });
    }

    private static async Task<CliResult> SetAsync(CommandContext context, DataSession session, PolicyKeeper keeper, byte[] text, SpendingPolicy next, CancellationToken token)
    {
        var change = await keeper.CompareAsync(next, token);
        ApproverPass? pass = null;
        if (change.Difference is PolicyDifference.Looser)
        {
            pass = await ApproverConsent.AskAsync(context, session, Consent(next, change), token);
        }
        if (await keeper.SetTextAsync(text, pass, context.Random, token) is { } refusal)
        {
            return WalletRefusals.ToResult(refusal);
        }
        var name = change.Difference.ToString().ToLowerInvariant();
        return new CliResult.Ok(new JsonObject { ["change"] = name, ["looser"] = new JsonArray([.. change.Looser.Select(member => (JsonNode)member)]), ["paused"] = next.Paused })
        {
            Text = [$"The policy is set ({name} than before).".Replace("equal than before", "it says the same as before", StringComparison.Ordinal)],
            Next = ["purser policy show"],
        };
    }

    // What the human consents to is the policy as it would be, in those members that let more pass.
    private static List<string> Consent(SpendingPolicy next, PolicyChange change)
    {
        var policy = Json(next);
        return
        [
            $"The policy would become looser in: {string.Join(", ", change.Looser)}. It would say:",
            .. change.Looser.Select(member => $"  {member}: {policy[member]?.ToJsonString() ?? "nothing, so no such limit"}"),
        ];
    }

    private static JsonObject Json(SpendingPolicy policy) => JsonNode.Parse(PolicyJson.Write(policy))!.AsObject();

    private static byte[] Preset(string name, AssetRegistry registry) => PolicyPresets.TryMake(name, registry, out var policy)
        ? PolicyJson.Write(policy)
        : throw new CliRefusalException(CliResult.Usage("policy_unknown", $"There is no policy '{SharedFlags.Shown(name)}'.", $"Choose one of {string.Join(", ", PolicyPresets.Names)}."));

    private static async Task<byte[]> EditAsync(PolicyKeeper keeper, bool pause, CancellationToken token) =>
        PolicyJson.Write((await LoadAsync(keeper, token)).Policy with { Paused = pause });

    private static async Task<byte[]> ReadAsync(CommandContext context, string path, CancellationToken token)
    {
        try
        {
            if (path == "-")
            {
                var buffer = new char[PolicyJson.MaxBytes + 1];
                var length = await context.Console.Input.ReadBlockAsync(buffer, token);
                return System.Text.Encoding.UTF8.GetBytes(buffer, 0, length);
            }
            await using var file = File.OpenRead(path);
            var bytes = new byte[Math.Min(file.Length, PolicyJson.MaxBytes + 1)];
            return bytes[..await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, token)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliRefusalException(CliResult.Usage("policy_unreadable", $"'{SharedFlags.Shown(path)}' cannot be read: {SharedFlags.WithoutKeys(exception.Message)}", "Name a readable file."));
        }
    }

    private static string Shown(UInt256 units, string asset, AssetRegistry registry) => AssetId.TryParse(asset, out var known)
        ? AmountText.Display(new TokenAmount(units, known), registry)
        : $"{DecimalText.Format(units, 18)} coin for gas ({units})";
}
