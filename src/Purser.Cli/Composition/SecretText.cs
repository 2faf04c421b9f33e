using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Purser.Cli.Composition;

/// <summary>A password, key or mnemonic that was read: in memory that does not move and is zeroed when it is disposed, and never text that the runtime keeps.</summary>
public sealed class SecretText : IDisposable
{
    /// <summary>The longest secret, in characters; what is longer is refused while it is read.</summary>
    public const int MaxLength = 4096;

    private const int MaxBytes = MaxLength * 4;

    private readonly char[] _text;
    private int _length;

    private SecretText(ReadOnlySpan<char> text)
    {
        _text = GC.AllocateArray<char>(text.Length, pinned: true);
        text.CopyTo(_text);
        _length = text.Length;
    }

    /// <summary>Its characters; none after <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<char> Span => _text.AsSpan(0, _length);

    /// <summary>Its characters, for what outlives a call; zeroed with it.</summary>
    public ReadOnlyMemory<char> Memory => _text.AsMemory(0, _length);

    /// <summary>Takes a copy; the text stays the caller's to clear.</summary>
    public static SecretText Of(ReadOnlySpan<char> text) => new(text);

    /// <summary>The first line of a stream, read a byte at a time: what follows stays there for the next reader, and no buffer of the runtime's holds the secret. Null at the end of the stream.</summary>
    /// <exception cref="SecretTooLongException">The line has more than <see cref="MaxLength"/> characters.</exception>
    public static SecretText? ReadLine(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var bytes = GC.AllocateArray<byte>(MaxBytes, pinned: true);
        var chars = GC.AllocateArray<char>(MaxBytes, pinned: true);
        try
        {
            var (length, next) = (0, new byte[1]);
            while (stream.Read(next, 0, 1) == 1 && next[0] != (byte)'\n')
            {
                bytes[length++] = length <= MaxBytes ? next[0] : throw new SecretTooLongException();
            }

            if (length == 0 && next[0] != (byte)'\n')
            {
                return null;
            }

            next[0] = 0;
            var start = bytes.AsSpan(0, length).StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
            var count = Encoding.UTF8.GetChars(bytes, start, length - start, chars, 0);
            return count <= MaxLength ? new(chars.AsSpan(0, count).TrimEnd('\r')) : throw new SecretTooLongException();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(chars.AsSpan()));
        }
    }

    /// <summary>The next line of a reader; null at its end.</summary>
    /// <exception cref="SecretTooLongException">The line has more than <see cref="MaxLength"/> characters.</exception>
    public static SecretText? ReadLine(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var chars = GC.AllocateArray<char>(MaxLength, pinned: true);
        try
        {
            var length = 0;
            int c;
            while ((c = reader.Read()) >= 0 && c != '\n')
            {
                chars[length++] = length <= MaxLength ? (char)c : throw new SecretTooLongException();
            }

            return c < 0 && length == 0 ? null : new(chars.AsSpan(0, length).TrimEnd('\r'));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(chars.AsSpan()));
        }
    }

    /// <summary>Without the blanks at its ends; this one is zeroed.</summary>
    public SecretText Trimmed()
    {
        using (this)
        {
            return new(Span.Trim());
        }
    }

    /// <summary>Zeroes it.</summary>
    public void Dispose()
    {
        _length = 0;
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_text.AsSpan()));
    }

    /// <summary>Never the secret.</summary>
    public override string ToString() => "(secret)";
}

/// <summary>A secret is longer than any can be: more than <see cref="SecretText.MaxLength"/> characters on one line.</summary>
public sealed class SecretTooLongException : IOException
{
    /// <summary>Makes one.</summary>
    public SecretTooLongException()
        : base($"the secret is longer than {SecretText.MaxLength} characters")
    {
    }

    /// <summary>Makes one of a message.</summary>
    public SecretTooLongException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public SecretTooLongException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
