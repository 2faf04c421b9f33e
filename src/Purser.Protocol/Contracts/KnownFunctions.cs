using Purser.Ethereum;

namespace Purser.Protocol.Contracts;

/// <summary>The functions that a wallet knows, by chain and contract, for showing and judging calldata by its arguments. Immutable.</summary>
public sealed class KnownFunctions
{
    private readonly Dictionary<(ChainId Chain, Address Contract), List<ContractFunction>> _byContract = [];

    /// <summary>Gathers functions; the same function of the same contract twice is one.</summary>
    public KnownFunctions(IEnumerable<(ChainId Chain, Address Contract, ContractFunction Function)> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        foreach (var (chain, contract, function) in functions)
        {
            if (!_byContract.TryGetValue((chain, contract), out var known))
            {
                _byContract[(chain, contract)] = known = [];
            }

            if (!known.Exists(other => other.Abi.Selector.SequenceEqual(function.Abi.Selector)))
            {
                known.Add(function);
            }
        }
    }

    /// <summary>None.</summary>
    public static KnownFunctions None { get; } = new([]);

    /// <summary>Decodes a call, or says by a stable code why it is refused.</summary>
    public CallReading Decode(ChainId chain, in Address contract, ReadOnlySpan<byte> calldata)
    {
        if (!_byContract.TryGetValue((chain, contract), out var functions))
        {
            return new CallReading.Refused("unknown_contract", $"{contract} on {chain} is not a contract that we know");
        }

        foreach (var function in functions)
        {
            if (function.Abi.Matches(calldata))
            {
                return function.TryDecode(calldata, out var call, out _)
                    ? new CallReading.Known(call)
                    : new CallReading.Refused("unknown_calldata", $"the calldata is not, whole and canonical, a call of {function.Abi.Signature}");
            }
        }

        return new CallReading.Refused("unknown_calldata", calldata.Length < 4 ? "the calldata has no selector" : $"no known function of {contract} has the selector {Hex.Encode(calldata[..4])}");
    }
}

/// <summary>What came of decoding a call.</summary>
public abstract record CallReading
{
    private CallReading()
    {
    }

    /// <summary>A call of a known function.</summary>
    /// <param name="Call">The function and its arguments.</param>
    public sealed record Known(DecodedCall Call) : CallReading;

    /// <summary>Something else.</summary>
    /// <param name="Code"><c>unknown_contract</c> or <c>unknown_calldata</c>.</param>
    /// <param name="Message">Why, one line.</param>
    public sealed record Refused(string Code, string Message) : CallReading;
}
