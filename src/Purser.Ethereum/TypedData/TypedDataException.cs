namespace Purser.Ethereum;

/// <summary>A document that is not typed data of EIP-712 in the strict form. The message names the member.</summary>
public sealed class TypedDataException : FormatException
{
    /// <summary>Refuses without details.</summary>
    public TypedDataException()
        : this("", "not typed data")
    {
    }

    /// <summary>Refuses with a reason.</summary>
    public TypedDataException(string message)
        : this("", message)
    {
    }

    /// <summary>Refuses with a reason and its cause.</summary>
    public TypedDataException(string message, Exception innerException)
        : base(message, innerException)
    {
        Path = "";
    }

    /// <summary>Refuses a member.</summary>
    /// <param name="path">The member, such as <c>message.to.wallet</c>; empty for the whole document.</param>
    /// <param name="reason">What is wrong with it.</param>
    public TypedDataException(string path, string reason)
        : base(path.Length == 0 ? reason : $"{path}: {reason}")
    {
        Path = path;
    }

    /// <summary>The member, such as <c>message.to.wallet</c>; empty for the whole document.</summary>
    public string Path { get; }
}
