using System.Diagnostics;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// Several questions in one message (JSON-RPC 2.0, section 6). Each member has its own answer or refusal; the node may run and answer them in any order.
/// A batch whose members may all be repeated is repeated as a whole after faults of the transport. For one caller at a time, and sent once.
/// </summary>
public sealed class JsonRpcBatch
{
    private readonly IJsonRpcTransport _transport;
    private readonly List<(RpcCall Call, Action<JsonRpcReply> Settle)> _members = [];
    private bool _wasSent;

    internal JsonRpcBatch(IJsonRpcTransport transport) => _transport = transport;

    /// <summary>The number of questions.</summary>
    public int Count => _members.Count;

    /// <summary>Adds a question.</summary>
    /// <returns>Where its answer stands after <see cref="SendAsync"/>.</returns>
    /// <exception cref="InvalidOperationException">The batch was sent, or is full (<see cref="JsonRpcOptions.MaxBatchSize"/>).</exception>
    public BatchMember<T> Add<T>(RpcRequest<T> request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_wasSent || _members.Count >= _transport.Options.MaxBatchSize)
        {
            throw new InvalidOperationException(_wasSent ? "The batch was sent; start another." : $"A batch holds at most {_transport.Options.MaxBatchSize} questions.");
        }
        var member = new BatchMember<T>();
        _members.Add((request.Call, reply => member.Settle(request, reply)));
        return member;
    }

    /// <summary>Sends all and waits for all answers. A member that the node refuses does not throw here but where its value is taken.</summary>
    /// <exception cref="ChainException">
    /// The batch failed as a whole: no answer in time, a single error for all, or answers that are missing, repeated or were not asked for. No member has an answer then.
    /// </exception>
    /// <exception cref="InvalidOperationException">It was sent before.</exception>
    public async Task SendAsync(CancellationToken cancellationToken = default)
    {
        if (_wasSent)
        {
            throw new InvalidOperationException("The batch was sent; start another.");
        }
        _wasSent = true;
        if (_members.Count == 0)
        {
            return; // JSON-RPC refuses an empty array
        }
        var replies = await _transport.SendBatchAsync([.. _members.Select(static m => m.Call)], cancellationToken);
        Debug.Assert(replies.Count == _members.Count);
        for (var i = 0; i < replies.Count; i++)
        {
            _members[i].Settle(replies[i]);
        }
    }
}

/// <summary>One question of a batch and what came of it.</summary>
/// <typeparam name="T">What the answer becomes.</typeparam>
public sealed class BatchMember<T>
{
    private T? _value;
    private bool _isSettled;

    internal BatchMember()
    {
    }

    /// <summary>Why there is no value: the node refused this member, or answered it in another form. Null when there is one, and before the batch was sent.</summary>
    public ChainException? Error { get; private set; }

    /// <summary>Whether there is a value.</summary>
    public bool Succeeded => _isSettled && Error is null;

    /// <summary>The answer.</summary>
    /// <exception cref="ChainException">This member failed.</exception>
    /// <exception cref="InvalidOperationException">The batch has no answers: it was not sent, or failed as a whole.</exception>
    public T Value => !_isSettled ? throw new InvalidOperationException("The batch has no answers.")
        : Error is { } error ? throw new ChainException(error.Message, error) { Code = error.Code, ErrorData = error.ErrorData, IsTransient = error.IsTransient }
        : _value!;

    internal void Settle(RpcRequest<T> request, JsonRpcReply reply)
    {
        try
        {
            _value = request.Read(reply);
        }
        catch (ChainException e)
        {
            Error = e;
        }
        _isSettled = true;
    }
}
