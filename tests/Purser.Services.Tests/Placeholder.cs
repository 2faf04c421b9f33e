namespace Purser.Services.Tests;
