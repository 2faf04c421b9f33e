using System.Security.Cryptography;
using System.Runtime.InteropServices;

namespace Purser.Cli.Output;

/// <summary>The process's own terminal. What it shows goes to <c>/dev/tty</c>, so that a caller who redirects the output cannot hide what a human is about to approve.</summary>
public sealed class ControllingTerminal : ITerminal
{
    private const char EndOfInput = '\u0004';

    private ControllingTerminal()
    {
    }

    /// <summary>The terminal; null when standard input is none.</summary>
    public static ControllingTerminal? Find() => Console.IsInputRedirected ? null : new();

    /// <inheritdoc/>
    public void WriteLine(string line) => Write(line + Environment.NewLine);

    /// <inheritdoc/>
    public char[]? ReadSecret(string prompt, int maxLength)
    {
        Write(prompt);
        var typed = GC.AllocateArray<char>(maxLength, pinned: true);
        var length = 0;
        try
        {
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                switch (key.Key)
                {
                    case ConsoleKey.Enter:
                        Write(Environment.NewLine);
                        return typed[..length];
                    case ConsoleKey.Backspace:
                        length = Math.Max(0, length - 1);
                        break;
                    case ConsoleKey.D when key.KeyChar == EndOfInput:
                        Write(Environment.NewLine);
                        return null;
                    default:
                        if (!char.IsControl(key.KeyChar) && length < maxLength)
                        {
                            typed[length++] = key.KeyChar;
                        }
                        break;
                }
            }
        }
        catch (InvalidOperationException)
        {
            return null; // the terminal is gone
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(typed.AsSpan()));
        }
    }

    private static void Write(string text)
    {
        if (OperatingSystem.IsWindows())
        {
            Console.Error.Write(text);
            return;
        }
        try
        {
            using var terminal = new FileStream("/dev/tty", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            terminal.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A terminal that is not the controlling one (a container's, without a session of its own).
            Console.Error.Write(text);
        }
    }
}
