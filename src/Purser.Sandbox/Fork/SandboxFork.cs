using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Fork;

/// <summary>
/// The block of another chain that a sandbox goes on from (fork mode). Accounts, code, storage and block hashes are asked of the upstream node when they
/// are first needed, pinned at the block, and kept: in memory, and in the fork's file if there is one. What the upstream answers is believed but for
/// its form, the block's hash (which must be that of its fields) and the links between the headers that were read. For one sandbox; safe for use by several threads at once.
/// </summary>
public sealed class SandboxFork : IRemoteState, IDisposable
{
    // What a call waits for one answer at most, all repeats of the transport together.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    // The call that runs on this thread may be cancelled while it waits for the upstream; the EVM reads synchronously and cannot hand a token down.
    [ThreadStatic]
    private static CancellationToken s_cancellation;

    private readonly JsonRpcChain _upstream;
    private readonly ForkFile? _file;
    private readonly ConcurrentDictionary<Address, AccountLeaf?> _accounts;
    private readonly ConcurrentDictionary<(Address, UInt256), UInt256> _slots;
    private readonly ConcurrentDictionary<ulong, Hash32> _hashes;

    private readonly SemaphoreSlim _linking = new(1);

    // From here to the fork every block's hash is known.
    private ulong _oldest;
    private int _questions;

    private SandboxFork(JsonRpcChain upstream, ForkOrigin origin, ForkFile? file)
    {
        _upstream = upstream;
        _file = file;
        Origin = origin;
        _accounts = new((file?.Accounts ?? []).Select(a => KeyValuePair.Create(a.Key, Leaf(a.Key, a.Value))));
        _slots = new(file?.Slots ?? []);
        _hashes = new(file?.Hashes ?? []);
        _hashes[origin.Number] = origin.Hash;
        if (origin.Number > 0)
        {
            _hashes[origin.Number - 1] = origin.ParentHash;
        }
        _oldest = origin.Number;
        while (_oldest > 0 && _hashes.ContainsKey(_oldest - 1))
        {
            _oldest--;
        }
    }

    /// <summary>The upstream's chain number.</summary>
    public ChainId ChainId => new(Origin.ChainId);

    /// <summary>The height of the block that was forked from; the sandbox's first block is the next.</summary>
    public ulong BlockNumber => Origin.Number;

    /// <summary>The hash of that block.</summary>
    public Hash32 BlockHash => Origin.Hash;

    /// <summary>What lies at and before the block is asked of it.</summary>
    internal JsonRpcChain Upstream => _upstream;

    internal ForkOrigin Origin { get; }

    /// <summary>How many questions went to the upstream for state, a batch counting as one.</summary>
    internal int Questions => Volatile.Read(ref _questions);

    /// <summary>Asks the upstream for the block, or goes on with that of the file.</summary>
    /// <param name="upstream">The other node. Not disposed.</param>
    /// <param name="block">The height to fork at; null for the upstream's newest, or for that of the file.</param>
    /// <param name="file">Keeps what was read; null keeps it in memory only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ChainException">The upstream cannot be reached, has no such block, or answers what cannot be.</exception>
    /// <exception cref="StateFileException">The file is damaged, in use, or of another fork.</exception>
    public static async Task<SandboxFork> OpenAsync(JsonRpcChain upstream, ulong? block = null, string? file = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(upstream);
        var kept = file is null ? null : ForkFile.Open(file);
        try
        {
            if (kept?.Origin is { } known && block is { } other && known.Number != other)
            {
                throw new StateFileException($"{file}: this fork was made at block {known.Number}, not {other}. Leave the block away, or name another file.");
            }
            var origin = await ReadOriginAsync(upstream, kept?.Origin?.Number ?? block, cancellationToken);
            if (kept?.Origin is { } before && before != origin)
            {
                throw new StateFileException(before.ChainId != origin.ChainId
                    ? $"{file}: this fork was made of chain {before.ChainId}, and the upstream is chain {origin.ChainId}."
                    : $"{file}: this fork was made at block {before.Number} with hash {before.Hash}, and the upstream has {origin.Hash} there: it is another chain, or was reorganised.");
            }
            kept?.Begin(origin);
            return new(upstream, origin, kept);
        }
        catch
        {
            kept?.Dispose();
            throw;
        }
    }

    /// <summary>Reads accounts and slots that are known to be needed, in one batch.</summary>
    internal async Task PrefetchAsync(IEnumerable<Address> accounts, IEnumerable<(Address Account, UInt256 Slot)> slots, CancellationToken cancellationToken)
    {
        var at = BlockTag.At(BlockNumber);
        foreach (var some in accounts.Distinct().Where(a => !_accounts.ContainsKey(a)).Chunk(100))
        {
            var batch = _upstream.CreateBatch();
            var members = some.Select(a => (Address: a, Balance: batch.Add(Eth.Balance(a, at)), Nonce: batch.Add(Eth.TransactionCount(a, at)), Code: batch.Add(Eth.Code(a, at)))).ToArray();
            await SendAsync(batch, cancellationToken);
            foreach (var member in members)
            {
                Keep(member.Address, new(member.Nonce.Value, member.Balance.Value, member.Code.Value));
            }
        }
        foreach (var some in slots.Distinct().Where(s => !_slots.ContainsKey(s)).Chunk(300))
        {
            var batch = _upstream.CreateBatch();
            var members = some.Select(s => (Slot: s, Value: batch.Add(Eth.StorageAt(s.Account, s.Slot, at)))).ToArray();
            await SendAsync(batch, cancellationToken);
            foreach (var member in members)
            {
                Keep(member.Slot, member.Value.Value.ToUInt256());
            }
        }
    }

    /// <summary>As <see cref="PrefetchAsync"/>, for a caller that waits.</summary>
    internal void Prefetch(IReadOnlyList<Address> accounts, IReadOnlyList<(Address Account, UInt256 Slot)> slots)
    {
        if (accounts.Any(a => !_accounts.ContainsKey(a)) || slots.Any(s => !_slots.ContainsKey(s)))
        {
            Wait(async token =>
            {
                await PrefetchAsync(accounts, slots, token);
                return true;
            });
        }
    }

    /// <summary>While the scope lives, waits of this thread for the upstream end when the token says so.</summary>
    internal static Scope Cancelling(CancellationToken cancellation)
    {
        var before = s_cancellation;
        s_cancellation = cancellation;
        return new(before);
    }

    /// <summary>The hash of a block at or before the one that was forked from.</summary>
    /// <exception cref="ChainException">The upstream did not give it, or gave what does not fit.</exception>
    internal Hash32 HashOf(ulong number)
    {
        if (number > BlockNumber)
        {
            return default;
        }
        return _hashes.TryGetValue(number, out var known) ? known : Wait(async token =>
        {
            await LinkAsync(number, token);
            return _hashes[number];
        });
    }

    // Reads the headers from the oldest one whose hash is known down to this one; each must be the parent that the one above it names.
    private async Task LinkAsync(ulong number, CancellationToken cancellationToken)
    {
        await _linking.WaitAsync(cancellationToken);
        try
        {
            while (_oldest > number)
            {
                var batch = _upstream.CreateBatch();
                var first = _oldest - number > 50 ? _oldest - 50 : number;
                var members = Enumerable.Range(0, (int)(_oldest - first)).Select(i => _oldest - (ulong)i).Select(n => (Number: n, Block: batch.Add(Eth.Block(BlockTag.At(n))))).ToArray();
                await SendAsync(batch, cancellationToken);
                foreach (var member in members)
                {
                    var header = Checked(member.Block.Value, member.Number);
                    if (header.Hash != _hashes[member.Number])
                    {
                        throw new ChainException($"The upstream's block {member.Number} has hash {header.Hash}, but its block {member.Number + 1} names {_hashes[member.Number]} as its parent.");
                    }
                    _hashes[member.Number - 1] = header.ParentHash;
                    _file?.Add(member.Number - 1, header.ParentHash);
                    _oldest = member.Number - 1;
                }
            }
        }
        finally
        {
            _linking.Release();
        }
    }

    AccountLeaf? IRemoteState.ReadAccount(in Address address)
    {
        if (_accounts.TryGetValue(address, out var known))
        {
            return known;
        }
        var asked = address;
        return Wait(async token =>
        {
            await PrefetchAsync([asked], [], token);
            return _accounts[asked];
        });
    }

    UInt256 IRemoteState.ReadSlot(in Address address, in UInt256 slot)
    {
        var asked = (address, slot);
        return _slots.TryGetValue(asked, out var known) ? known : Wait(async token =>
        {
            await PrefetchAsync([], [asked], token);
            return _slots[asked];
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _linking.Dispose();
    }

    // The EVM's reads are synchronous. The question is asked from the pool, where no synchronization context can wait for this thread, and
    // threads that block in Wait are made up for; the wait is bounded, and ends with the call.
    private static T Wait<T>(Func<CancellationToken, Task<T>> ask)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(s_cancellation);
        bound.CancelAfter(s_bound);
        var token = bound.Token;
#pragma warning disable RS0030 // this is the one engine of the fork: see above
        var task = Task.Run(() => ask(token), token);
#pragma warning restore RS0030
        try
        {
            task.Wait(token);
            return task.Result;
        }
        catch (AggregateException e) when (e.InnerException is ChainException fault)
        {
            throw new ChainException($"The upstream of this fork failed: {fault.Message}", fault) { Code = -32603, IsTransient = fault.IsTransient };
        }
        catch (Exception e) when (e is OperationCanceledException or AggregateException { InnerException: OperationCanceledException })
        {
            s_cancellation.ThrowIfCancellationRequested();
            throw new ChainException($"The upstream of this fork did not answer within {s_bound.TotalSeconds} s.", e) { Code = -32603, IsTransient = true };
        }
    }

    private async Task SendAsync(JsonRpcBatch batch, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _questions);
        await batch.SendAsync(cancellationToken);
    }

    private void Keep(in Address address, ForkAccount account)
    {
        if (_accounts.TryAdd(address, Leaf(address, account)))
        {
            _file?.Add(address, account);
        }
    }

    private void Keep((Address, UInt256) slot, in UInt256 value)
    {
        if (_slots.TryAdd(slot, value))
        {
            _file?.Add(slot, value);
        }
    }

    private AccountLeaf? Leaf(in Address address, ForkAccount account) => account is { Nonce: 0, Balance.IsZero: true, Code.Length: 0 } ? null
        : AccountLeaf.Make(account.Nonce, account.Balance, account.Code, []) with { Remote = new(this, address, []) };

    private static async Task<ForkOrigin> ReadOriginAsync(JsonRpcChain upstream, ulong? number, CancellationToken cancellationToken)
    {
        var chain = await upstream.GetChainIdAsync(cancellationToken);
        // Not "latest" itself: the height is what everything else is pinned at.
        var header = await ReadHeaderAsync(upstream, number ?? await upstream.GetBlockNumberAsync(cancellationToken), cancellationToken);
        return new(chain.Value, header.Number, header.Hash, header.ParentHash, header.Timestamp, header.BaseFeePerGas ?? default, header.GasLimit, header.GasUsed, header.Miner,
            header.StateRoot, header.MixHash);
    }

    private static async Task<ChainHeader> ReadHeaderAsync(JsonRpcChain upstream, ulong number, CancellationToken cancellationToken)
    {
        return Checked(await upstream.SendAsync(Eth.Block(BlockTag.At(number)), cancellationToken), number);
    }

    private static ChainHeader Checked(ChainBlock? block, ulong number)
    {
        var header = block?.Header ?? throw new ChainException($"The upstream has no block {number}.") { Code = -32000 };
        return header.ComputeHash() == header.Hash ? header
            : throw new ChainException($"The upstream's answer for block {number} cannot be: its fields have hash {header.ComputeHash()}, and it says {header.Hash}.");
    }

    /// <summary>Gives the thread its earlier token back.</summary>
    internal readonly ref struct Scope(CancellationToken before)
    {
        public void Dispose() => s_cancellation = before;
    }
}
