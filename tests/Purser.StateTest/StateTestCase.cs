using System.Globalization;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.StateTest;

/// <summary>How a case of the official state tests went.</summary>
public enum StateTestOutcome
{
    /// <summary>State root and logs hash are the expected ones, or the transaction was rejected as expected.</summary>
    Passed,

    /// <summary>They are not.</summary>
    Failed,

    /// <summary>The fork is older than the sandbox knows, or the code called a precompiled contract that the sandbox does not have.</summary>
    Excepted,
}

/// <summary>One case: a test's state, block and transaction with one choice of data, gas limit and value.</summary>
/// <param name="Name">File, test, fork and the three indexes.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="Reason">Why it did not pass; empty when it passed.</param>
public sealed record StateTestResult(string Name, StateTestOutcome Outcome, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => Reason.Length == 0 ? $"{Outcome} {Name}" : $"{Outcome} {Name}: {Reason}";
}

/// <summary>Runs the cases of one state-test file for every fork that they name (format: the general state tests of ethereum/tests).</summary>
public static class StateTestCase
{
    /// <summary>Runs every case of a file.</summary>
    /// <param name="fileName">For the names.</param>
    /// <param name="json">The file.</param>
    public static IEnumerable<StateTestResult> RunFile(string fileName, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        foreach (var test in document.RootElement.EnumerateObject())
        {
            var before = ReadState(test.Value.GetProperty("pre"));
            foreach (var post in test.Value.GetProperty("post").EnumerateObject())
            {
                var known = StateTestForks.TryFind(post.Name, out var rules);
                foreach (var expected in post.Value.EnumerateArray())
                {
                    var indexes = expected.GetProperty("indexes");
                    var (data, gas, value) = (indexes.GetProperty("data").GetInt32(), indexes.GetProperty("gas").GetInt32(), indexes.GetProperty("value").GetInt32());
                    var name = string.Create(CultureInfo.InvariantCulture, $"{fileName}/{test.Name}/{post.Name}/d{data}g{gas}v{value}");
                    yield return known ? RunCase(name, test.Value, rules!, before, expected, (data, gas, value))
                        : new(name, StateTestOutcome.Excepted, StateTestForks.WhyNot(post.Name));
                }
            }
        }
    }

    private static StateTestResult RunCase(string name, JsonElement test, ForkRules rules, StateRoot before, JsonElement expected, (int Data, int Gas, int Value) at)
    {
        try
        {
            var message = StateTestMessage.Read(test.GetProperty("transaction"), at.Data, at.Gas, at.Value);
            return Run(name, before, ReadBlock(test.GetProperty("env"), rules), message, expected);
        }
        catch (Exception e)
        {
            return new(name, StateTestOutcome.Failed, e.ToString());
        }
    }

    private static StateTestResult Run(string name, StateRoot before, BlockContext block, Message message, JsonElement expected)
    {
        var state = new WorldState(before);
        var mustBeRejected = expected.TryGetProperty("expectException", out var why);
        var rejection = TransactionExecutor.Check(state, block, message);
        IReadOnlyList<Log> logs = [];
        var missing = 0;
        if (rejection is null)
        {
            var result = TransactionExecutor.Execute(new Machine(), state, block, message);
            logs = result.Logs;
            missing = result.MissingPrecompile;
        }
        else
        {
            state.Touch(state.Get(block.Coinbase));
            state.EndTransaction();
        }
        var root = state.Commit().Hash;
        var wanted = Hash32.Parse(expected.GetProperty("hash").GetString()!);
        var reason =
            mustBeRejected && !StateTestForks.Is(rejection, why.GetString()!) ? $"expected {why.GetString()}, but {rejection?.Message ?? "accepted"}" :
            !mustBeRejected && rejection is not null ? $"rejected: {rejection.Message}" :
            root != wanted ? $"state root {root}, expected {wanted}" :
            HashOf(logs) != Hash32.Parse(expected.GetProperty("logs").GetString()!) ? "logs differ" : "";
        // A call that the contract would refuse fails all the same when it is missing, so that such a case can pass.
        return reason.Length == 0 ? new(name, StateTestOutcome.Passed, "")
            : missing != 0 ? new(name, StateTestOutcome.Excepted, $"precompiled contract {missing} is missing")
            : new(name, StateTestOutcome.Failed, reason);
    }

    private static Hash32 HashOf(IReadOnlyList<Log> logs)
    {
        var writer = new RlpWriter(stackalloc byte[256]);
        var list = writer.StartList();
        foreach (var log in logs)
        {
            log.Encode(ref writer);
        }
        writer.EndList(list);
        var hash = Keccak256.Hash(writer.Written);
        writer.Dispose();
        return hash;
    }

    private static StateRoot ReadState(JsonElement accounts)
    {
        var root = StateRoot.Empty;
        Span<byte> slotKey = stackalloc byte[32];
        foreach (var account in accounts.EnumerateObject())
        {
            var storage = account.Value.GetProperty("storage").EnumerateObject()
                .Select(slot => KeyValuePair.Create(Number(slot.Name), Number(slot.Value.GetString()!)));
            root = root.With(AddressOf(account.Name), AccountLeaf.Make((ulong)Number(account.Value.GetProperty("nonce").GetString()!),
                Number(account.Value.GetProperty("balance").GetString()!), Hex.Decode(account.Value.GetProperty("code").GetString()!), storage));
        }
        return root;
    }

    private static BlockContext ReadBlock(JsonElement env, ForkRules rules)
    {
        var excess = env.TryGetProperty("currentExcessBlobGas", out var given) ? (ulong)Number(given.GetString()!) : 0;
        var mix = env.TryGetProperty(rules.Fork >= Hardfork.Paris ? "currentRandom" : "currentDifficulty", out var random) ? Number(random.GetString()!) : default;
        var baseFee = env.TryGetProperty("currentBaseFee", out var fee) ? Number(fee.GetString()!) : 10UL;
        return new()
        {
            Rules = rules,
            Number = (ulong)Number(env.GetProperty("currentNumber").GetString()!),
            Timestamp = (ulong)Number(env.GetProperty("currentTimestamp").GetString()!),
            Coinbase = AddressOf(env.GetProperty("currentCoinbase").GetString()!),
            GasLimit = (ulong)Number(env.GetProperty("currentGasLimit").GetString()!),
            BaseFee = rules.IsLondon ? baseFee : default,
            PrevRandao = Hash32.FromUInt256(mix),
            BlobBaseFee = BlobFee.For(excess, rules.BlobUpdateFraction),
            ChainId = 1,
            // The tests' convention: the hash of a block is that of its number in decimal.
            HashOf = number => Keccak256.Hash(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture))),
        };
    }

    internal static Address AddressOf(string text) => Address.Parse((text.StartsWith("0x", StringComparison.Ordinal) ? text : "0x" + text).ToLowerInvariant());

    internal static UInt256 Number(string text) => text is "0x" ? default : UInt256.Parse(text);
}
