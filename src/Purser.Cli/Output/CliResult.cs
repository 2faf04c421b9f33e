using System.Text.Json.Nodes;

namespace Purser.Cli.Output;

/// <summary>What a command came to. It is printed in one place, as JSON or as text for people.</summary>
public abstract record CliResult
{
    private CliResult()
    {
    }

    /// <summary>It worked.</summary>
    /// <param name="Data">The <c>data</c> member.</param>
    public sealed record Ok(JsonNode Data) : CliResult
    {
        /// <summary>Commands that make sense next.</summary>
        public IReadOnlyList<string> Next { get; init; } = [];

        /// <summary>Lines for people; when empty the data is printed.</summary>
        public IReadOnlyList<string> Text { get; init; } = [];
    }

    /// <summary>It did not work, and says why.</summary>
    /// <param name="Exit">The exit code.</param>
    /// <param name="Code">A stable code of <c>snake_case</c>.</param>
    /// <param name="Message">What was wrong, with what was given.</param>
    /// <param name="Hint">What to do next.</param>
    public sealed record Refused(ExitCode Exit, string Code, string Message, string Hint) : CliResult
    {
        /// <summary>Whether the same command may succeed later.</summary>
        public bool Retryable { get; init; }

        /// <summary>Further members of the <c>error</c> object (ids, states), or null.</summary>
        public JsonObject? Details { get; init; }
    }

    /// <summary>A human must confirm or approve first (exit 3).</summary>
    /// <param name="Kind"><c>confirmation</c> or <c>approval</c>.</param>
    /// <param name="Id">What is to be confirmed.</param>
    /// <param name="Summary">What would happen, for the human.</param>
    /// <param name="ApproveWith">The command that confirms.</param>
    /// <param name="ExpiresAt">When the request lapses.</param>
    public sealed record Pending(string Kind, string Id, string Summary, string ApproveWith, DateTimeOffset ExpiresAt) : CliResult
    {
        /// <summary>Lines for people; when empty the summary is printed.</summary>
        public IReadOnlyList<string> Text { get; init; } = [];

        /// <summary>Further members of the <c>pending</c> object, or null.</summary>
        public JsonObject? Details { get; init; }
    }

    /// <summary>A command that stayed up, printed its ready object itself, and has now stopped as asked.</summary>
    public sealed record Stopped : CliResult;

    /// <summary>A usage error, exit 2.</summary>
    public static Refused Usage(string code, string message, string hint) => new(ExitCode.Usage, code, message, hint);

    /// <summary>A plain failure, exit 1.</summary>
    public static Refused Failed(string code, string message, string hint) => new(ExitCode.Failed, code, message, hint);
}

/// <summary>Carries a refusal up through code that has no other way out; the command's door turns it into its result.</summary>
public sealed class CliRefusalException : Exception
{
    /// <summary>Makes one of a refusal.</summary>
    public CliRefusalException(CliResult.Refused refusal)
        : base(refusal.Message)
    {
        Refusal = refusal;
    }

    /// <summary>Makes one of a message.</summary>
    public CliRefusalException(string message)
        : this(CliResult.Failed("failed", message, ""))
    {
    }

    /// <summary>Makes one without details.</summary>
    public CliRefusalException()
        : this("The command failed.")
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public CliRefusalException(string message, Exception innerException)
        : base(message, innerException)
    {
        Refusal = CliResult.Failed("failed", message, "");
    }

    /// <summary>The refusal.</summary>
    public CliResult.Refused Refusal { get; }
}
