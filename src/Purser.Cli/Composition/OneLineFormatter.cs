using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Purser.Protocol.Json;

namespace Purser.Cli.Composition;

/// <summary>Log entries as one line each, without stack traces: a message may quote a stranger, so control characters are stripped and its length is capped.</summary>
public sealed class OneLineFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>The name by which the console's options choose it.</summary>
    public const string FormatterName = "purser-one-line";

    private const int MaxLength = 1000;

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        ArgumentNullException.ThrowIfNull(textWriter);
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var cause = logEntry.Exception is { } exception ? $": {exception.GetType().Name}: {exception.Message}" : "";
        textWriter.WriteLine($"purser: {Word(logEntry.LogLevel)}: {UntrustedText.Clean(message + cause, MaxLength)} [{logEntry.Category}]");
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Warning => "warning",
        LogLevel.Error or LogLevel.Critical => "error",
        _ => "note",
    };
}
