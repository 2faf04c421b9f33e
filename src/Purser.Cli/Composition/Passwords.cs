using System.CommandLine;
using System.Text;
using Purser.Cli.Commands;
using Purser.Cli.Output;

namespace Purser.Cli.Composition;

/// <summary>
/// Where a password, a key or a mnemonic comes from: a prompt, a file, a descriptor or standard input; never a flag's value. Everything is read up to a bound,
/// and what is given back is the caller's to dispose, which zeroes it.
/// </summary>
public static class Passwords
{
    /// <summary><c>--password-file</c>.</summary>
    public static Option<string?> FileOption() => new("--password-file") { Description = "Reads the key store's password from the first line of this file.", HelpName = "FILE" };

    /// <summary><c>--password-fd</c>.</summary>
    public static Option<int?> DescriptorOption() => new("--password-fd") { Description = "Reads the key store's password from this file descriptor.", HelpName = "N" };

    /// <summary>Reads the password for an existing key store.</summary>
    /// <exception cref="CliRefusalException">There is none to be had (exit 5).</exception>
    public static SecretText Read(CommandContext context, Option<string?> file, Option<int?> descriptor, string what) =>
        FromFlags(context, file, descriptor) ?? ReadTyped(context, what);

    /// <summary>Asks for the password of an existing key store at the terminal.</summary>
    /// <exception cref="CliRefusalException">There is none to be had (exit 5).</exception>
    public static SecretText ReadTyped(CommandContext context, string what)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Prompt(context, $"Password of {what}: ");
    }

    /// <summary>Reads the password for a new key store, asking twice at a terminal.</summary>
    /// <exception cref="CliRefusalException">There is none to be had, it is empty, or the two differ.</exception>
    public static SecretText ReadNew(CommandContext context, Option<string?> file, Option<int?> descriptor, string what)
    {
        var given = FromFlags(context, file, descriptor);
        if (given is null)
        {
            given = Prompt(context, $"New password for {what}: ");
            using var again = Prompt(context, "The same again: ");
            if (!again.Span.SequenceEqual(given.Span))
            {
                given.Dispose();
                throw new CliRefusalException(CliResult.Usage("password_mismatch", "The two passwords differ.", "Type the same password twice."));
            }
        }
        return given.Span.Length > 0 ? given : throw new CliRefusalException(CliResult.Usage("password_empty", "The password is empty.", "Choose a password of at least one character."));
    }

    /// <summary>Reads a secret (a key to be imported) from a file, from standard input, or by prompt.</summary>
    public static SecretText ReadSecret(CommandContext context, string? file, string prompt)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (file is not null)
        {
            return FirstLine(file);
        }
        if (!context.Console.InputIsTerminal)
        {
            return TryReadInput(context) ?? throw Missing("standard input is empty");
        }
        return Prompt(context, prompt);
    }

    /// <summary>The next line of standard input; null at its end.</summary>
    /// <exception cref="CliRefusalException">It is longer than any secret.</exception>
    public static SecretText? TryReadInput(CommandContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return SecretText.ReadLine(context.Console.Input);
        }
        catch (SecretTooLongException)
        {
            throw TooLong();
        }
    }

    /// <summary>Asks a question whose answer is no secret, and gives the line that was answered; null when there was none.</summary>
    /// <exception cref="CliRefusalException">It is longer than any answer.</exception>
    public static string? Ask(CommandContext context, string question)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Console.Error.Write(question);
        context.Console.Error.Flush();
        var line = new StringBuilder();
        int c;
        while ((c = context.Console.Input.Read()) >= 0 && c != '\n')
        {
            line.Append(line.Length < SecretText.MaxLength ? (char)c : throw TooLong());
        }
        return c < 0 && line.Length == 0 ? null : line.ToString().TrimEnd('\r');
    }

    /// <summary>Reads a custodian's API key: from the flags of a password, by prompt, or, last and with a warning, from the environment.</summary>
    /// <exception cref="CliRefusalException">There is none to be had (exit 5).</exception>
    public static SecretText ReadApiKey(CommandContext context, Option<string?> file, Option<int?> descriptor, string what, string variable)
    {
        ArgumentNullException.ThrowIfNull(context);
        var given = FromFlags(context, file, descriptor) ?? (context.Console.InputIsTerminal ? Prompt(context, $"API key of {what}: ") : null);
        if (given is not { Span.Length: > 0 } && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set)
        {
            context.Warn($"the API key is taken from {variable}, which every process of yours can read; --password-file or --password-fd keep it closer");
            given = SecretText.Of(set);
        }
        return given is { Span.Length: > 0 } ? given : throw Missing("none was given");
    }

    /// <summary>The password of the flags; null when neither is given.</summary>
    /// <exception cref="CliRefusalException">Both are given, or it cannot be read.</exception>
    public static SecretText? FromFlags(CommandContext context, Option<string?> file, Option<int?> descriptor)
    {
        ArgumentNullException.ThrowIfNull(context);
        var path = context.Parsed.GetValue(file);
        var number = context.Parsed.GetValue(descriptor);
        if (path is not null && number is not null)
        {
            throw new CliRefusalException(CliResult.Usage("usage", "--password-file and --password-fd exclude each other.", "Give one of them."));
        }
        if (number is { } fd)
        {
            return FirstLine(fd == 0 ? "/dev/stdin" : $"/dev/fd/{fd}");
        }
        return path is null ? null : FirstLine(path);
    }

    private static SecretText FirstLine(string path)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite, BufferSize = 0 });
            return SecretText.ReadLine(file) ?? SecretText.Of("");
        }
        catch (SecretTooLongException)
        {
            throw TooLong();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliRefusalException(CliResult.Usage("secret_unreadable", $"'{path}' cannot be read: {exception.Message}", "Name a readable file with the secret on its first line."));
        }
    }

    private static SecretText Prompt(CommandContext context, string prompt)
    {
        if (!context.Console.InputIsTerminal || context.Console.Terminal is not { } terminal)
        {
            throw Missing("standard input is not a terminal");
        }
        var typed = terminal.ReadSecret(prompt, SecretText.MaxLength) ?? throw Missing("nothing was typed");
        try
        {
            return SecretText.Of(typed);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(typed.AsSpan()));
        }
    }

    private static CliRefusalException TooLong() => new(CliResult.Usage("secret_too_long", $"The secret is longer than {SecretText.MaxLength} characters.", "Give one line."));

    private static CliRefusalException Missing(string why) => new(new CliResult.Refused(ExitCode.Locked, "password_needed",
        $"A password is needed and {why}.", "Use --password-file FILE or --password-fd N."));
}
