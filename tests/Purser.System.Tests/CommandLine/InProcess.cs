using System.Text.Json;
using System.Text.RegularExpressions;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>Runs a command to its end in this process, through the same door as the program's, and holds every answer to the form of specs/cli.md.</summary>
public static partial class InProcess
{
    /// <summary>Runs it as a script does: the answer is one JSON object.</summary>
    public static Task<PurserAnswer> RunAsync(params string[] args) => RunAsync("", args);

    /// <summary>Runs it as a script does, with text on standard input.</summary>
    public static async Task<PurserAnswer> RunAsync(string input, string[] args)
    {
        var answer = await RunAsync(input, args, outputIsTerminal: false);
        CheckEnvelope(answer);
        return answer;
    }

    /// <summary>Runs it as one who reads does: text, and a refusal as one line.</summary>
    public static Task<PurserAnswer> RunAsTextAsync(params string[] args) => RunAsync("", args, outputIsTerminal: true);

    private static async Task<PurserAnswer> RunAsync(string input, string[] args, bool outputIsTerminal)
    {
        using var reader = new StringReader(input);
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var console = new CliOutput(reader, output, error, inputIsTerminal: false, outputIsTerminal);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var exit = await PurserCommand.InvokeAsync(args, console, bound.Token);
        var answer = new PurserAnswer(exit, output.ToString(), error.ToString());
        (answer.Output + answer.Error).ShouldNotContain("   at "); // a stack trace
        return answer;
    }

    private static void CheckEnvelope(PurserAnswer answer)
    {
        answer.Output.TrimEnd('\n', '\r').ShouldNotContain("\n");
        var json = answer.Json;
        if (json.GetProperty("ok").GetBoolean())
        {
            answer.ExitCode.ShouldBe(0);
            json.GetProperty("data").ValueKind.ShouldBe(JsonValueKind.Object);
            json.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Array);
        }
        else if (json.TryGetProperty("pending", out var pending))
        {
            answer.ExitCode.ShouldBe(3);
            foreach (var member in new[] { "kind", "id", "summary", "approveWith", "expiresAt" })
            {
                pending.GetProperty(member).GetString().ShouldNotBeNullOrEmpty(member);
            }
        }
        else
        {
            var error = json.GetProperty("error");
            answer.ExitCode.ShouldBeOneOf(1, 2, 4, 5, 6, 7, 8);
            error.GetProperty("code").GetString()!.ShouldMatch("^[a-z][a-z0-9_]*$");
            OneLine().IsMatch(error.GetProperty("message").GetString()!).ShouldBeTrue(answer.Output);
            error.GetProperty("hint").GetString().ShouldNotBeNullOrEmpty(answer.Output);
            error.GetProperty("retryable").GetBoolean().ShouldBe(answer.ExitCode == 7, answer.Output);
            error.GetProperty("code").GetString().ShouldNotBe("internal_error", answer.Output);
        }
    }

    [GeneratedRegex(@"\A[^\r\n]+\z")]
    private static partial Regex OneLine();
}
