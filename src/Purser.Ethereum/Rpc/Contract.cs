namespace Purser.Ethereum.Rpc;

/// <summary>
/// A contract at an address, with as much of its interface as one uses, each line a human-readable signature, or with its JSON ABI. Reads it, prepares transactions to it, and
/// decodes its events and errors. Works over any <see cref="IChain"/>; holds no state, so several callers may share it.
/// </summary>
/// <example><c>var token = new Contract(chain, address, "function balanceOf(address owner) returns (uint256)", "event Transfer(address indexed from, address indexed to, uint256 value)");</c></example>
public sealed class Contract
{
    private readonly List<AbiFunction> _functions = [];
    private readonly List<AbiEvent> _events = [];
    private readonly AbiErrors _errors;

    /// <summary>Names a contract.</summary>
    /// <param name="chain">The chain on which it lies.</param>
    /// <param name="address">Its address.</param>
    /// <param name="signatures">Lines that start with <c>function</c>, <c>event</c> or <c>error</c>.</param>
    /// <exception cref="AbiException">A line is no such signature.</exception>
    public Contract(IChain chain, Address address, params IEnumerable<string> signatures)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(signatures);
        Chain = chain;
        Address = address;
        var errors = new List<AbiError>();
        foreach (var line in signatures)
        {
            switch (line.TrimStart().Split(' ', 2)[0])
            {
                case "function":
                    _functions.Add(AbiFunction.Parse(line));
                    break;
                case "event":
                    _events.Add(AbiEvent.Parse(line));
                    break;
                case "error":
                    errors.Add(AbiError.Parse(line));
                    break;
                default:
                    throw new AbiException($"Expected a line that starts with function, event or error, not '{ForeignText.Clean(line, 60)}'.");
            }
        }
        _errors = new(errors);
    }

    /// <summary>Makes one by its JSON ABI: every function, event and error of it.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="address">Where the contract is.</param>
    /// <param name="abi">Its interface, of <see cref="AbiContract.Parse(string)"/>.</param>
    public Contract(IChain chain, Address address, AbiContract abi)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(abi);
        Chain = chain;
        Address = address;
        _functions.AddRange(abi.Functions);
        _events.AddRange(abi.Events);
        _errors = new(abi.Errors);
    }

    /// <summary>The chain.</summary>
    public IChain Chain { get; }

    /// <summary>The address.</summary>
    public Address Address { get; }

    /// <summary>A function by its name, or by its signature (<c>transfer(address,uint256)</c>) when several share the name.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or several.</exception>
    public AbiFunction Function(string name) => One(_functions, static f => f.Name, static f => f.Signature, name);

    /// <summary>An event by its name, or by its signature when several share the name.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or several.</exception>
    public AbiEvent Event(string name) => One(_events, static e => e.Name, static e => e.Signature, name);

    /// <summary>A call of a function with its arguments, to be read, simulated or sent.</summary>
    /// <param name="function">The function's name or signature.</param>
    /// <param name="arguments">The arguments, as <see cref="AbiType"/> says how each type is carried.</param>
    /// <exception cref="KeyNotFoundException">There is no such function, or several.</exception>
    /// <exception cref="AbiException">An argument does not fit its type.</exception>
    public ContractCall Call(string function, params object?[] arguments)
    {
        var found = Function(function);
        return new(found, new CallRequest { To = Address, Data = found.Encode(arguments) });
    }

    /// <summary>Reads a function that returns one value, on the newest block.</summary>
    /// <typeparam name="T">The value's type, as <see cref="AbiType"/> says it is carried: <see cref="UInt256"/> for every <c>uint</c>.</typeparam>
    /// <param name="function">The function's name or signature.</param>
    /// <param name="arguments">The arguments.</param>
    /// <exception cref="ContractException">It reverted, or returned something else.</exception>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public Task<T> CallAsync<T>(string function, params object?[] arguments) => CallAsync<T>(Call(function, arguments));

    /// <summary>Reads a function that returns one value.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="call">The call, of <see cref="Call"/>.</param>
    /// <param name="block">On which block's state.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ContractException">It reverted, or returned something else.</exception>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public async Task<T> CallAsync<T>(ContractCall call, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call.Function.Outputs.Count == 1
            ? (await CallAsync(call, block, cancellationToken)).Get<T>(0)
            : throw new ArgumentException($"{call.Function.Signature} is declared with {call.Function.Outputs.Count} results, not one.", nameof(call));
    }

    /// <summary>Reads a function.</summary>
    /// <param name="call">The call, of <see cref="Call"/>.</param>
    /// <param name="block">On which block's state.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Its results.</returns>
    /// <exception cref="ContractException">It reverted, or returned something else.</exception>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public async Task<AbiValues> CallAsync(ContractCall call, BlockTag block = default, CancellationToken cancellationToken = default) =>
        await TryCallAsync(call, block, cancellationToken) switch
        {
            ContractResult.Returned returned => returned.Values,
            ContractResult.Reverted reverted => throw new ContractException($"{call.Function.Signature} of {Address}: {reverted.Reason}") { Reason = reverted.Reason },
            ContractResult.Malformed malformed => throw new ContractException($"{call.Function.Signature} of {Address}: {malformed.Message}"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Reads a function; that it reverts, or that there is no such contract, is a value.</summary>
    /// <param name="call">The call, of <see cref="Call"/>.</param>
    /// <param name="block">On which block's state.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public async Task<ContractResult> TryCallAsync(ContractCall call, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        var result = await Chain.CallAsync(call.Request, block, cancellationToken);
        if (result is CallResult.Reverted reverted)
        {
            return new ContractResult.Reverted(Explain(reverted.Data));
        }
        var data = ((CallResult.Returned)result).Data;
        try
        {
            return new ContractResult.Returned(call.Function.DecodeOutput(data, AbiTolerance.Solidity));
        }
        catch (AbiException e)
        {
            return new ContractResult.Malformed(data.Length == 0 ? "nothing was returned; there may be no contract at the address." : e.Message);
        }
    }

    /// <summary>Prepares a transaction that calls a function: nonce, gas and fees from the chain, as <see cref="TransactionSending.PrepareAsync"/> does.</summary>
    /// <param name="from">Who will sign.</param>
    /// <param name="function">The function's name or signature.</param>
    /// <param name="arguments">The arguments.</param>
    /// <exception cref="ContractException">It would revert; the reason is by this contract's errors.</exception>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public Task<Transaction1559> PrepareAsync(Address from, string function, params object?[] arguments) => PrepareAsync(from, Call(function, arguments));

    /// <summary>Prepares a transaction that makes a call.</summary>
    /// <param name="from">Who will sign.</param>
    /// <param name="call">The call; its value and gas limit are taken when they are set.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ContractException">It would revert.</exception>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public Task<Transaction1559> PrepareAsync(Address from, ContractCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return Chain.PrepareAsync(call.Request with { From = from }, _errors, cancellationToken);
    }

    /// <summary>Explains revert data by this contract's errors.</summary>
    public RevertReason Explain(ReadOnlySpan<byte> revertData) => _errors.Explain(revertData);

    /// <summary>This contract's own events in a receipt, in order; what its interface here does not name is left out.</summary>
    /// <exception cref="AbiException">A log claims to be one of the events, but does not fit it.</exception>
    public IReadOnlyList<ContractEvent> EventsIn(TransactionReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return EventsIn(receipt.Logs);
    }

    /// <summary>This contract's own events among logs.</summary>
    /// <exception cref="AbiException">A log claims to be one of the events, but does not fit it.</exception>
    public IReadOnlyList<ContractEvent> EventsIn(IEnumerable<LogEntry> logs)
    {
        ArgumentNullException.ThrowIfNull(logs);
        var found = new List<ContractEvent>();
        foreach (var log in logs.Where(l => l.Address == Address))
        {
            foreach (var candidate in _events)
            {
                if (candidate.TryDecode(log, out var values))
                {
                    found.Add(new(candidate, values, log));
                    break;
                }
            }
        }
        return found;
    }

    private static T One<T>(List<T> items, Func<T, string> name, Func<T, string> signature, string wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var found = items.Where(i => name(i) == wanted || signature(i) == wanted).ToArray();
        return found.Length == 1 ? found[0] : throw new KeyNotFoundException(found.Length == 0
            ? $"The contract was given without {wanted}; it was given with: {string.Join(", ", items.Select(signature))}."
            : $"Several are called {wanted}; name one by its signature: {string.Join(", ", found.Select(signature))}.");
    }
}
