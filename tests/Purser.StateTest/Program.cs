using System.Globalization;
using Purser.StateTest;

var paths = args.Where(a => a != "--slowest").ToList();
if (paths.Count == 0 || paths.Exists(p => p.StartsWith('-')))
{
    Console.Error.WriteLine("usage: statetest [--slowest] PATH...   (folders, zip archives or files of state tests; --slowest names the ten files that took longest)");
    return 2;
}
var (passed, failed, excepted) = (0, 0, 0);
var durations = new List<(string Name, TimeSpan Duration)>();
foreach (var file in paths.SelectMany(StateTestSet.Run))
{
    durations.Add((file.Name, file.Duration));
    foreach (var result in file.Results)
    {
        switch (result.Outcome)
        {
            case StateTestOutcome.Passed:
                passed++;
                break;
            case StateTestOutcome.Excepted:
                excepted++;
                Console.WriteLine(result);
                break;
            default:
                failed++;
                Console.WriteLine(result);
                break;
        }
    }
}
if (paths.Count < args.Length)
{
    foreach (var (name, duration) in durations.OrderByDescending(d => d.Duration).Take(10))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds,6:F1} s  {name}"));
    }
}
Console.WriteLine($"{passed} passed, {failed} failed, {excepted} excepted");
return failed == 0 ? 0 : 1;
