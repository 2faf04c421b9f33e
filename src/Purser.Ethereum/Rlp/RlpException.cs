namespace Purser.Ethereum;

/// <summary>Bytes that are not strict RLP, or not of the shape that was asked for. The message names the rule that they break.</summary>
public sealed class RlpException : FormatException
{
    /// <summary>Refuses without details.</summary>
    public RlpException()
        : this("The bytes are not canonical RLP.")
    {
    }

    /// <summary>Refuses with a reason.</summary>
    public RlpException(string message)
        : base(message)
    {
    }

    /// <summary>Refuses with a reason and its cause.</summary>
    public RlpException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Refuses with a reason at a place.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="offset">The byte offset of the item's first byte, from the start of the outermost input.</param>
    public RlpException(string message, int offset)
        : base($"{message} (at byte {offset})")
    {
        Offset = offset;
    }

    /// <summary>The byte offset of the offending item's first byte, from the start of the outermost input.</summary>
    public int Offset { get; }
}
