namespace Purser.Ethereum.Rpc;

/// <summary>A call of a contract's function with its arguments.</summary>
/// <param name="Function">The function.</param>
/// <param name="Request">The encoded call; set <see cref="CallRequest.From"/>, <see cref="CallRequest.Value"/> or <see cref="CallRequest.Gas"/> by <c>with</c>.</param>
public sealed record ContractCall(AbiFunction Function, CallRequest Request);

/// <summary>What came of reading a contract. The family is closed.</summary>
public abstract record ContractResult
{
    private ContractResult()
    {
    }

    /// <summary>It returned what its interface says.</summary>
    /// <param name="Values">The results.</param>
    public sealed record Returned(AbiValues Values) : ContractResult;

    /// <summary>It reverted.</summary>
    /// <param name="Reason">Why, by the contract's errors.</param>
    public sealed record Reverted(RevertReason Reason) : ContractResult;

    /// <summary>It returned something else than its interface says; nothing at all when there is no contract.</summary>
    /// <param name="Message">The rule that is broken.</param>
    public sealed record Malformed(string Message) : ContractResult;
}

/// <summary>An event that a contract emitted, decoded.</summary>
/// <param name="Event">Which.</param>
/// <param name="Values">Its parameters in the order of the declaration.</param>
/// <param name="Log">The log that it was.</param>
public sealed record ContractEvent(AbiEvent Event, AbiValues Values, LogEntry Log)
{
    /// <summary>The event's name.</summary>
    public string Name => Event.Name;

    /// <summary>The value of a named parameter.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has this name.</exception>
    public object this[string parameter] => Values[parameter];

    /// <summary>The value of a named parameter, as a <typeparamref name="T"/>.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has this name.</exception>
    /// <exception cref="InvalidCastException">The parameter's type is carried otherwise.</exception>
    public T Get<T>(string parameter) => Values.Get<T>(parameter);
}

/// <summary>A contract reverted, or did not return what its interface says. The message is one line that is safe to show.</summary>
public sealed class ContractException : Exception
{
    /// <summary>Makes one without details.</summary>
    public ContractException()
        : this("The contract did not do as asked.")
    {
    }

    /// <summary>Makes one.</summary>
    public ContractException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with its cause.</summary>
    public ContractException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Why it reverted; null when it did not revert.</summary>
    public RevertReason? Reason { get; init; }
}
