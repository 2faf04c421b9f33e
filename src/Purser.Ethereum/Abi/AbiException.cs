namespace Purser.Ethereum;

/// <summary>Bytes, values or signatures that are not ABI (Solidity's contract ABI specification) as asked. The message names the type and the rule.</summary>
public sealed class AbiException : FormatException
{
    /// <summary>Refuses without details.</summary>
    public AbiException()
        : this("Not ABI-encoded as expected.")
    {
    }

    /// <summary>Refuses with a reason.</summary>
    public AbiException(string message)
        : base(message)
    {
    }

    /// <summary>Refuses with a reason and its cause.</summary>
    public AbiException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Refuses with a reason at a place.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="offset">The byte offset in the input (of encoded bytes), or the character offset (of a signature).</param>
    public AbiException(string message, int offset)
        : base($"{message} (at {offset})")
    {
        Offset = offset;
    }

    /// <summary>The byte offset in the input, or the character offset in a signature; -1 when it is about a value.</summary>
    public int Offset { get; } = -1;
}
