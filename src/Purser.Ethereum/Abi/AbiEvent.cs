using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum;

/// <summary>
/// An event of a contract. An indexed parameter of a type longer than one word (<c>string</c>, <c>bytes</c>, arrays, tuples) is in the log
/// as the Keccak-256 of its value and decodes to that <see cref="Hash32"/>.
/// </summary>
public sealed class AbiEvent
{
    private readonly IReadOnlyList<AbiParameter> _data;
    private readonly int _indexed;

    internal AbiEvent(string name, IReadOnlyList<AbiParameter> inputs, bool isAnonymous)
    {
        Name = name;
        Inputs = inputs;
        IsAnonymous = isAnonymous;
        Signature = $"{name}({string.Join(',', inputs.Select(static p => p.Type.Name))})";
        Topic = Keccak256.Hash(StrictUtf8.Encoding.GetBytes(Signature));
        _data = [.. inputs.Where(static p => !p.IsIndexed)];
        _indexed = inputs.Count - _data.Count;
        if (_indexed > (isAnonymous ? 4 : 3))
        {
            throw new AbiException($"The event {name} has {_indexed} indexed parameters, more than a log has topics for.");
        }
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The parameters in the order of the declaration.</summary>
    public IReadOnlyList<AbiParameter> Inputs { get; }

    /// <summary>Whether the log lacks the signature's topic.</summary>
    public bool IsAnonymous { get; }

    /// <summary>The canonical signature, such as <c>Transfer(address,address,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>The signature's Keccak-256: the first topic, unless the event is anonymous.</summary>
    public Hash32 Topic { get; }

    /// <summary>Parses <c>event Transfer(address indexed from, address indexed to, uint256 value)</c>; the keyword may be left out.</summary>
    /// <exception cref="AbiException">The text is no such signature; the message gives the character's offset.</exception>
    public static AbiEvent Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (name, inputs, _, anonymous) = AbiSignatureParser.ParseItem(text, "event");
        return new(name, inputs, anonymous);
    }

    /// <summary>Decodes a log when its first topic and its number of topics are this event's; a log of another event is false.</summary>
    /// <exception cref="AbiException">The log claims to be this event, but its topics or data do not fit the types.</exception>
    public bool TryDecode(LogEntry log, [NotNullWhen(true)] out AbiValues? values)
    {
        ArgumentNullException.ThrowIfNull(log);
        values = null;
        // A token that indexes other parameters under the same signature has another number of topics: not this event.
        if (log.Topics.Count != _indexed + (IsAnonymous ? 0 : 1) || (!IsAnonymous && log.Topics[0] != Topic))
        {
            return false;
        }
        var data = AbiDecoder.Decode(log.Data, 0, _data, AbiTolerance.None);
        var all = new object[Inputs.Count];
        var topic = IsAnonymous ? 0 : 1;
        var next = 0;
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = Inputs[i].IsIndexed ? FromTopic(Inputs[i], log.Topics[topic++]) : data[next++];
        }
        values = new(Inputs, all);
        return true;
    }

    /// <summary>
    /// The topics of a filter for logs of this event: one value per indexed parameter, in order; null accepts any. For a parameter that
    /// the log holds as a hash, give the value, or its <see cref="Hash32"/>.
    /// </summary>
    /// <exception cref="AbiException">A value does not fit its type, or there are more than indexed parameters.</exception>
    public IReadOnlyList<IReadOnlyList<Hash32>?> FilterTopics(params object?[] indexed)
    {
        ArgumentNullException.ThrowIfNull(indexed);
        if (indexed.Length > _indexed)
        {
            throw new AbiException($"{Signature} has {_indexed} indexed parameters, not {indexed.Length}.");
        }
        var topics = new List<IReadOnlyList<Hash32>?>();
        if (!IsAnonymous)
        {
            topics.Add([Topic]);
        }
        var parameters = Inputs.Where(static p => p.IsIndexed).ToArray();
        for (var i = 0; i < indexed.Length; i++)
        {
            topics.Add(indexed[i] is { } value ? [ToTopic(parameters[i], value)] : null);
        }
        return topics;
    }

    /// <summary>Topics and data of a log of this event, as a contract writes them.</summary>
    /// <param name="values">One value per parameter, in the order of the declaration; for an indexed one that the log holds as a hash also its <see cref="Hash32"/>.</param>
    /// <exception cref="AbiException">A value does not fit its type, or their number is wrong.</exception>
    public (IReadOnlyList<Hash32> Topics, byte[] Data) Encode(params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != Inputs.Count)
        {
            throw new AbiException($"Expected {Inputs.Count} values, found {values.Length}.");
        }
        List<Hash32> topics = IsAnonymous ? [] : [Topic];
        var data = new List<object?>();
        for (var i = 0; i < values.Length; i++)
        {
            if (Inputs[i].IsIndexed)
            {
                topics.Add(ToTopic(Inputs[i], values[i] ?? throw new AbiException($"{Inputs[i].Name}: {Inputs[i].Type} has no null.")));
            }
            else
            {
                data.Add(values[i]);
            }
        }
        return (topics, AbiEncoder.Encode([], _data, [.. data]));
    }

    /// <summary>The canonical signature.</summary>
    public override string ToString() => Signature;

    private static bool IsHashed(AbiType type) => type is AbiType.Bytes or AbiType.String or AbiType.Array or AbiType.Tuple;

    private static object FromTopic(AbiParameter parameter, Hash32 topic) => IsHashed(parameter.Type)
        ? topic
        : AbiDecoder.Word(parameter.Type, topic.Bytes) ?? throw new AbiException($"The topic of {parameter.Name} has bits outside of {parameter.Type}.");

    private static Hash32 ToTopic(AbiParameter parameter, object value) =>
        !IsHashed(parameter.Type) ? new(AbiEncoder.Encode([], [parameter], [value]))
        : value is Hash32 hash ? hash
        : Keccak256.Hash(AbiIndexed.Encode(parameter.Type, AbiEncoder.Normalize(parameter.Type, value, parameter.Name)));
}
