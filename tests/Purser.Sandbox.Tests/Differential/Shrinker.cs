namespace Purser.Sandbox.Tests.Differential;

/// <summary>Leaves out what a difference does not need: transactions first, then statements, until nothing more can go.</summary>
internal static class Shrinker
{
    public static async Task<FuzzCase> ShrinkAsync(FuzzCase failing, Func<FuzzCase, Task<bool>> fails)
    {
        var before = int.MaxValue;
        while (Size(failing) is var size && size < before)
        {
            before = size;
            foreach (var smaller in Smaller(failing))
            {
                if (await fails(smaller))
                {
                    failing = smaller;
                    break;
                }
            }
        }
        return failing;
    }

    private static int Size(FuzzCase c) => c.Transactions.Count + c.Contracts.Sum(k => k.Statements.Count);

    private static IEnumerable<FuzzCase> Smaller(FuzzCase c)
    {
        for (var i = 0; i < c.Transactions.Count; i++)
        {
            yield return c with { Transactions = [.. c.Transactions.Where((_, at) => at != i)] };
        }
        for (var k = 0; k < c.Contracts.Count; k++)
        {
            for (var i = 0; i < c.Contracts[k].Statements.Count; i++)
            {
                var contract = c.Contracts[k] with { Statements = [.. c.Contracts[k].Statements.Where((_, at) => at != i)] };
                yield return c with { Contracts = [.. c.Contracts.Select((old, at) => at == k ? contract : old)] };
            }
        }
    }
}
