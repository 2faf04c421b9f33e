namespace Purser.Cli.Output;

/// <summary>The terminal at which a human sits: the only way by which the command line takes the approver's secret (DESIGN, wallet rule 4). There is none when standard input is anything else.</summary>
public interface ITerminal
{
    /// <summary>Shows a line at the terminal itself, wherever standard output and standard error go.</summary>
    void WriteLine(string line);

    /// <summary>Asks for a secret, which is not shown; the caller clears it. Null when the human gave up (Ctrl-D) or the terminal is gone.</summary>
    /// <param name="prompt">What is asked for.</param>
    /// <param name="maxLength">The most characters that are taken; more are dropped.</param>
    char[]? ReadSecret(string prompt, int maxLength);
}
