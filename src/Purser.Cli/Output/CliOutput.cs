using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Purser.Cli.Output;

/// <summary>Where a command writes: results to standard output, everything else to standard error.</summary>
public sealed class CliOutput(TextReader input, TextWriter output, TextWriter error, bool inputIsTerminal, bool outputIsTerminal) : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The console's streams.</summary>
    public static CliOutput ForConsole() =>
        new(Console.IsInputRedirected ? new RawInput(Console.OpenStandardInput()) : Console.In, Console.Out, Console.Error, !Console.IsInputRedirected, !Console.IsOutputRedirected) { Terminal = ControllingTerminal.Find() };

    /// <summary>The terminal at which a human sits, or null.</summary>
    public ITerminal? Terminal { get; init; }

    /// <summary>Standard input.</summary>
    public TextReader Input => input;

    /// <summary>Standard output; only results go there.</summary>
    public TextWriter Output => output;

    /// <summary>Standard error: progress, hints, warnings.</summary>
    public TextWriter Error => error;

    /// <summary>Whether a human types.</summary>
    public bool InputIsTerminal => inputIsTerminal;

    /// <summary>Whether a human reads; JSON is the default when not.</summary>
    public bool OutputIsTerminal => outputIsTerminal;

    /// <summary>Prints a result and gives its exit code.</summary>
    public ExitCode Print(CliResult result, bool json)
    {
        switch (result)
        {
            case CliResult.Ok ok:
                if (json)
                {
                    WriteJson(new JsonObject { ["ok"] = true, ["data"] = ok.Data.DeepClone(), ["next"] = new JsonArray([.. ok.Next.Select(n => (JsonNode)n)]) });
                }
                else
                {
                    WriteText(ok.Text.Count > 0 ? ok.Text : [ok.Data.ToJsonString(new JsonSerializerOptions(s_json) { WriteIndented = true })]);
                    foreach (var next in ok.Next)
                    {
                        error.WriteLine($"next: {next}");
                    }
                }
                return ExitCode.Ok;

            case CliResult.Pending pending:
                if (json)
                {
                    var body = new JsonObject
                    {
                        ["kind"] = pending.Kind,
                        ["id"] = pending.Id,
                        ["summary"] = pending.Summary,
                        ["approveWith"] = pending.ApproveWith,
                        ["expiresAt"] = pending.ExpiresAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
                    };
                    Merge(body, pending.Details);
                    WriteJson(new JsonObject { ["ok"] = false, ["pending"] = body });
                }
                else
                {
                    WriteText(pending.Text.Count > 0 ? pending.Text : [pending.Summary]);
                    error.WriteLine($"to go on: {pending.ApproveWith}");
                }
                return ExitCode.ConfirmationNeeded;

            case CliResult.Refused refused:
                if (json)
                {
                    var body = new JsonObject
                    {
                        ["code"] = refused.Code,
                        ["message"] = refused.Message,
                        ["hint"] = refused.Hint,
                        ["retryable"] = refused.Retryable,
                    };
                    Merge(body, refused.Details);
                    WriteJson(new JsonObject { ["ok"] = false, ["error"] = body });
                }
                else
                {
                    error.WriteLine($"purser: {refused.Message} [{refused.Code}]{(refused.Hint.Length > 0 ? $" Hint: {refused.Hint}" : "")}");
                }
                return refused.Exit;

            case CliResult.Stopped:
                return ExitCode.Ok;

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        output.Flush();
        error.Flush();
    }

    private static void Merge(JsonObject body, JsonObject? details)
    {
        foreach (var (name, value) in details ?? [])
        {
            body[name] = value?.DeepClone();
        }
    }

    private void WriteJson(JsonNode node)
    {
        output.WriteLine(node.ToJsonString(s_json));
        output.Flush();
    }

    private void WriteText(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            output.WriteLine(line);
        }
        output.Flush();
    }
}
