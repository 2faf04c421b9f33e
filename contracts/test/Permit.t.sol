// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract PermitTest is TokenTest {
    bytes private constant REFUSED = "EIP2612: invalid signature";
    uint256 private constant DEADLINE = NOW + 60;

    function signed(address spender, uint256 value, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes memory)
    {
        return sign(payerKey, permitDigest(payer, spender, value, nonce, deadline));
    }

    function test_SetsTheAllowanceAndTakesTheNonce() public inBothForms {
        bytes memory signature = signed(stranger, 5e6, 0, DEADLINE);
        vm.expectEmit(true, true, true, true, address(token));
        emit IERC20.Approval(payer, stranger, 5e6);
        permit(payer, stranger, 5e6, DEADLINE, signature);

        vm.assertEq(token.allowance(payer, stranger), 5e6, "allowance");
        vm.assertEq(token.nonces(payer), 1, "nonce");
        vm.prank(stranger);
        token.transferFrom(payer, payee, 5e6);
        vm.assertEq(token.balanceOf(payee), 5e6, "payee's balance");
    }

    function test_ReplayIsRefused() public inBothForms {
        bytes memory signature = signed(stranger, 5e6, 0, DEADLINE);
        permit(payer, stranger, 5e6, DEADLINE, signature);
        expectReason(REFUSED);
        permit(payer, stranger, 5e6, DEADLINE, signature);

        permit(payer, stranger, 6e6, DEADLINE, signed(stranger, 6e6, 1, DEADLINE));
        vm.assertEq(token.allowance(payer, stranger), 6e6, "the later permit replaces the earlier");
    }

    function test_HoldsInTheSecondOfItsDeadlineAndNotAfter() public inBothForms {
        bytes memory signature = signed(stranger, 5e6, 0, DEADLINE);
        vm.warp(DEADLINE + 1);
        expectReason("FiatTokenV2: permit is expired");
        permit(payer, stranger, 5e6, DEADLINE, signature);

        vm.warp(DEADLINE);
        permit(payer, stranger, 5e6, DEADLINE, signature);
    }

    function test_LargestDeadlineNeverExpires() public inBothForms {
        vm.warp(type(uint64).max);
        permit(payer, stranger, 1, type(uint256).max, signed(stranger, 1, 0, type(uint256).max));
        vm.assertEq(token.allowance(payer, stranger), 1, "allowance");
    }

    function test_AnyOtherFieldIsRefused() public inBothForms {
        bytes memory signature = signed(stranger, 5e6, 0, DEADLINE);
        expectReason(REFUSED);
        permit(payee, stranger, 5e6, DEADLINE, signature);
        expectReason(REFUSED);
        permit(payer, payee, 5e6, DEADLINE, signature);
        expectReason(REFUSED);
        permit(payer, stranger, 5e6 + 1, DEADLINE, signature);
        expectReason(REFUSED);
        permit(payer, stranger, 5e6, DEADLINE + 1, signature);
        vm.assertEq(token.nonces(payer), 0, "a refusal leaves the nonce");
    }

    function test_FutureNonceIsRefused() public inBothForms {
        bytes memory signature = signed(stranger, 5e6, 1, DEADLINE);
        expectReason(REFUSED);
        permit(payer, stranger, 5e6, DEADLINE, signature);
    }

    function test_ZeroSpenderIsRefused() public inBothForms {
        bytes memory signature = signed(address(0), 5e6, 0, DEADLINE);
        expectReason("ERC20: approve to the zero address");
        permit(payer, address(0), 5e6, DEADLINE, signature);
    }

    function test_ZeroOwnerIsRefused() public inBothForms {
        expectReason("ECRecover: invalid signature");
        permit(address(0), stranger, 5e6, DEADLINE, abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
    }

    function test_MalformedSignaturesAreRefused() public {
        form = Form.Packed;
        expectReason("ECRecover: invalid signature length");
        permit(payer, stranger, 1, DEADLINE, new bytes(64));
        expectReason("ECRecover: invalid signature 'v' value");
        permit(payer, stranger, 1, DEADLINE, new bytes(65));
        expectReason("ECRecover: invalid signature 's' value");
        permit(payer, stranger, 1, DEADLINE, abi.encodePacked(bytes32(uint256(1)), type(uint256).max, uint8(28)));
    }
}
