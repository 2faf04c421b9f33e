// Writes cases for interop/differential: one line of JSON each, with its seed, its inputs and what this layer makes of them.
// The same command gives the same lines on every machine; --seed gives the one line of that seed.
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Differential;
using Purser.Testing;

Func<Seeded, JsonObject>? draw = args.Length == 0 ? null : args[0] switch
{
    "typed-data" => TypedDataCases.Draw,
    "transactions" => TransactionCases.Draw,
    "abi" => AbiCases.Draw,
    _ => null,
};
if (draw is null || args.Length is not (2 or 3))
{
    Console.Error.WriteLine("usage: differential typed-data|transactions|abi COUNT   or   … --seed 0xSEED");
    return 2;
}
using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
if (args[1] == "--seed")
{
    Write(ulong.Parse(args[2].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
    return 0;
}
// Each line's seed comes from one generator that the kind's name starts, so that kinds do not share inputs.
var seeds = new Seeded((ulong)args[0].Sum(static c => (long)c) * 1_000_003);
for (var left = int.Parse(args[1], CultureInfo.InvariantCulture); left > 0; left--)
{
    Write(seeds.NextUInt64());
}
return 0;

void Write(ulong seed)
{
    try
    {
        var line = draw(new Seeded(seed));
        line["seed"] = $"0x{seed:x16}";
        output.WriteLine(line.ToJsonString());
    }
    catch (Exception e)
    {
        throw new InvalidOperationException($"{args[0]} --seed 0x{seed:x16}: {e.Message}", e);
    }
}
