using System.CommandLine;
using Purser.Cli.Commands;
using Purser.Cli.Output;

namespace Purser.Cli.Composition;

/// <summary>Where a key store's password comes from: a prompt, <c>--password-file</c> or <c>--password-fd</c>; never a flag's value.</summary>
public static class Passwords
{
    private const int MaxLength = 4096;

    /// <summary><c>--password-file</c>.</summary>
    public static Option<string?> FileOption() => new("--password-file") { Description = "Reads the key store's password from the first line of this file.", HelpName = "FILE" };

    /// <summary><c>--password-fd</c>.</summary>
    public static Option<int?> DescriptorOption() => new("--password-fd") { Description = "Reads the key store's password from this file descriptor.", HelpName = "N" };

    /// <summary>Reads the password for an existing key store.</summary>
    /// <exception cref="CliRefusalException">There is none to be had (exit 5).</exception>
    public static string Read(CommandContext context, Option<string?> file, Option<int?> descriptor, string what) =>
        FromFlags(context, file, descriptor) ?? Prompt(context, $"Password of {what}: ");

    /// <summary>Reads the password for a new key store, asking twice at a terminal.</summary>
    /// <exception cref="CliRefusalException">There is none to be had, it is empty, or the two differ.</exception>
    public static string ReadNew(CommandContext context, Option<string?> file, Option<int?> descriptor, string what)
    {
        var given = FromFlags(context, file, descriptor);
        if (given is null)
        {
            given = Prompt(context, $"New password for {what}: ");
            if (Prompt(context, "The same again: ") != given)
            {
                throw new CliRefusalException(CliResult.Usage("password_mismatch", "The two passwords differ.", "Type the same password twice."));
            }
        }
        return given.Length > 0 ? given : throw new CliRefusalException(CliResult.Usage("password_empty", "The password is empty.", "Choose a password of at least one character."));
    }

    /// <summary>Reads a secret (a key to be imported) from a file, from standard input, or by prompt.</summary>
    public static string ReadSecret(CommandContext context, string? file, string prompt)
    {
        if (file is not null)
        {
            return FirstLine(file);
        }
        if (!context.Console.InputIsTerminal)
        {
            return ReadLine(context.Console.Input) ?? throw Missing("standard input is empty");
        }
        return Prompt(context, prompt);
    }

    /// <summary>Reads a custodian's API key: from the flags of a password, by prompt, or, last and with a warning, from the environment.</summary>
    /// <exception cref="CliRefusalException">There is none to be had (exit 5).</exception>
    public static string ReadApiKey(CommandContext context, Option<string?> file, Option<int?> descriptor, string what, string variable)
    {
        ArgumentNullException.ThrowIfNull(context);
        var given = FromFlags(context, file, descriptor) ?? (context.Console.InputIsTerminal ? Prompt(context, $"API key of {what}: ") : "");
        if (given.Length == 0 && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set)
        {
            context.Warn($"the API key is taken from {variable}, which every process of yours can read; --password-file or --password-fd keep it closer");
            given = set;
        }
        return given.Length > 0 ? given : throw Missing("none was given");
    }

    private static string? FromFlags(CommandContext context, Option<string?> file, Option<int?> descriptor)
    {
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

    private static string FirstLine(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return ReadLine(reader) ?? "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliRefusalException(CliResult.Usage("secret_unreadable", $"'{path}' cannot be read: {exception.Message}", "Name a readable file with the secret on its first line."));
        }
    }

    private static string? ReadLine(TextReader reader)
    {
        var line = new System.Text.StringBuilder();
        int c;
        while ((c = reader.Read()) >= 0 && c != '\n')
        {
            if (line.Length >= MaxLength)
            {
                throw new CliRefusalException(CliResult.Usage("secret_too_long", $"The secret is longer than {MaxLength} characters.", "Give one line."));
            }
            line.Append((char)c);
        }
        return c < 0 && line.Length == 0 ? null : line.ToString().TrimEnd('\r');
    }

    private static string Prompt(CommandContext context, string prompt)
    {
        if (!context.Console.InputIsTerminal)
        {
            throw Missing("standard input is not a terminal");
        }
        context.Console.Error.Write(prompt);
        var typed = new System.Text.StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
            {
                context.Console.Error.WriteLine();
                return typed.ToString();
            }
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar) && typed.Length < MaxLength)
            {
                typed.Append(key.KeyChar);
            }
        }
    }

    private static CliRefusalException Missing(string why) => new(new CliResult.Refused(ExitCode.Locked, "password_needed",
        $"A password is needed and {why}.", "Use --password-file FILE or --password-fd N."));
}
