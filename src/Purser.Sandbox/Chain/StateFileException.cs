namespace Purser.Sandbox.Chain;

/// <summary>A state file that cannot be used: damaged, made for another chain, in use by another process, or not accessible. The message says which and what to do.</summary>
public sealed class StateFileException : IOException
{
    /// <summary>Without details.</summary>
    public StateFileException()
        : this("The state file cannot be used.")
    {
    }

    /// <summary>With what is wrong.</summary>
    public StateFileException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong and its cause.</summary>
    public StateFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
