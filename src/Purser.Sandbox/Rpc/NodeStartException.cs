namespace Purser.Sandbox.Rpc;

/// <summary>The node cannot listen: the port is in use, or not allowed. The message says which and what to do.</summary>
public sealed class NodeStartException : IOException
{
    /// <summary>Without details.</summary>
    public NodeStartException()
        : this("The node cannot listen.")
    {
    }

    /// <summary>With what is wrong.</summary>
    public NodeStartException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong and its cause.</summary>
    public NodeStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
