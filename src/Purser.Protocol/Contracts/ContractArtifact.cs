using System.Text.Json;

namespace Purser.Protocol.Contracts;

/// <summary>
/// A run of bytes in the runtime code that the compiler leaves zero and the constructor fills in (a Solidity
/// <c>immutable</c>), so that it differs from deployment to deployment.
/// </summary>
/// <param name="Start">Offset of the first byte in the runtime code.</param>
/// <param name="Length">Number of bytes; 32 for every value that Solidity stores.</param>
public readonly record struct ImmutableReference(int Start, int Length);

/// <summary>
/// A compiled contract of ours as it is committed under <c>Contracts/artifacts</c>: what is needed to deploy it, to call
/// it and to recognise it on a chain. Immutable. The sources are in <c>contracts/</c>, and <c>eng/contracts.sh check</c>
/// holds these bytes equal to a rebuild.
/// </summary>
public sealed class ContractArtifact
{
    private static readonly string[] Members =
    [
        "name", "compiler", "evmVersion", "optimizerRuns", "abi", "immutableReferences", "creationCode", "runtimeCode",
    ];

    private ContractArtifact(
        string name, string compiler, string abi, byte[] creationCode, byte[] runtimeCode, ImmutableReference[] immutables)
    {
        Name = name;
        Compiler = compiler;
        Abi = abi;
        CreationCode = creationCode;
        RuntimeCode = runtimeCode;
        ImmutableReferences = immutables;
    }

    /// <summary>The contract's name in Solidity, such as <c>TestUSD</c>.</summary>
    public string Name { get; }

    /// <summary>The compiler's full version, such as <c>0.8.37+commit.f401782d</c>.</summary>
    public string Compiler { get; }

    /// <summary>The ABI: the JSON array that the Solidity compiler defines, as text.</summary>
    public string Abi { get; }

    /// <summary>
    /// The code that a creation transaction carries; the ABI encoding of the constructor's arguments follows it.
    /// </summary>
    public ReadOnlyMemory<byte> CreationCode { get; }

    /// <summary>
    /// The code that lies at the address after the creation, with zeros at <see cref="ImmutableReferences"/>. Do not
    /// place it on a chain as it is: without its immutables it does not work.
    /// </summary>
    public ReadOnlyMemory<byte> RuntimeCode { get; }

    /// <summary>Where the constructor writes into the runtime code; ascending, without overlap, inside the code.</summary>
    public IReadOnlyList<ImmutableReference> ImmutableReferences { get; }

    /// <summary>
    /// Whether <paramref name="deployed"/>, an account's code as the chain gives it, is this contract with whatever
    /// immutables. It says nothing about the immutables' values nor about the account's storage.
    /// </summary>
    public bool IsRuntime(ReadOnlySpan<byte> deployed)
    {
        ReadOnlySpan<byte> expected = RuntimeCode.Span;
        if (deployed.Length != expected.Length)
        {
            return false;
        }

        var at = 0;
        foreach (ImmutableReference immutable in ImmutableReferences)
        {
            if (!deployed[at..immutable.Start].SequenceEqual(expected[at..immutable.Start]))
            {
                return false;
            }

            at = immutable.Start + immutable.Length;
        }

        return deployed[at..].SequenceEqual(expected[at..]);
    }

    /// <summary>Reads the JSON form of an artifact.</summary>
    /// <param name="json">The UTF-8 text of one artifact file.</param>
    /// <exception cref="FormatException">
    /// Not JSON, a member is missing, unknown, given twice or of another type, code is not even-length 0x hex, or an
    /// immutable reference lies outside the runtime code; the message names the member.
    /// </exception>
    public static ContractArtifact Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException($"contract artifact: {e.Message}", e);
        }
    }

    private static ContractArtifact Read(JsonElement root)
    {
        Require(root.ValueKind == JsonValueKind.Object, "the root", "an object");
        foreach (JsonProperty member in root.EnumerateObject())
        {
            Require(Members.Contains(member.Name, StringComparer.Ordinal), $"'{member.Name}'", "one of the known members");
        }

        JsonElement abi = Member(root, "abi", JsonValueKind.Array);
        byte[] creationCode = Code(root, "creationCode");
        byte[] runtimeCode = Code(root, "runtimeCode");
        Member(root, "evmVersion", JsonValueKind.String);
        Member(root, "optimizerRuns", JsonValueKind.Number);
        return new ContractArtifact(
            Member(root, "name", JsonValueKind.String).GetString()!,
            Member(root, "compiler", JsonValueKind.String).GetString()!,
            abi.GetRawText(),
            creationCode,
            runtimeCode,
            Immutables(root, runtimeCode.Length));
    }

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind)
    {
        Require(parent.TryGetProperty(name, out JsonElement value), $"'{name}'", "present");
        Require(value.ValueKind == kind, $"'{name}'", $"of type {kind}");
        return value;
    }

    private static byte[] Code(JsonElement root, string name)
    {
        string text = Member(root, name, JsonValueKind.String).GetString()!;
        Require(text.StartsWith("0x", StringComparison.Ordinal) && text.Length > 2, $"'{name}'", "0x and hex");
        try
        {
            return Convert.FromHexString(text.AsSpan(2));
        }
        catch (FormatException e)
        {
            throw new FormatException($"contract artifact: '{name}' must be 0x and an even number of hex digits", e);
        }
    }

    private static ImmutableReference[] Immutables(JsonElement root, int codeLength)
    {
        const string Field = "immutableReferences";
        var references = new List<ImmutableReference>();
        var free = 0;
        foreach (JsonElement item in Member(root, Field, JsonValueKind.Array).EnumerateArray())
        {
            Require(item.ValueKind == JsonValueKind.Object && item.GetPropertyCount() == 2, $"'{Field}'", "start and length");
            bool numbers = Member(item, "start", JsonValueKind.Number).TryGetInt32(out int start)
                & Member(item, "length", JsonValueKind.Number).TryGetInt32(out int length);
            Require(
                numbers && start >= free && length > 0 && length <= codeLength && start <= codeLength - length,
                $"'{Field}'", "ascending, apart and inside the runtime code");
            references.Add(new ImmutableReference(start, length));
            free = start + length;
        }

        return [.. references];
    }

    private static void Require(bool holds, string what, string expected)
    {
        if (!holds)
        {
            throw new FormatException($"contract artifact: {what} must be {expected}");
        }
    }
}
